use micro::Result;

#[micro::provider]
async fn pool() -> Result<impl Clone> {
    Ok(1)
}

fn main() {}
