use micro::Result;

fn half(of: u32) -> Result<u32> {
    if of % 2 == 1 {
        Err("odd")?;
    }
    Ok(of / 2)
}

fn boxed(half: std::result::Result<u32, Box<dyn std::error::Error + Send + Sync>>) -> Result<u32> {
    Ok(half?)
}

fn main() {
    let _ = (half(3), boxed(Ok(1)));
}
