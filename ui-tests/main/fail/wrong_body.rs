#[micro::main]
async fn main() -> micro::Result<()> {
    Ok(1)
}
