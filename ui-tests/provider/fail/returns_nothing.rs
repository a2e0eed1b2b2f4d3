#[micro::provider]
async fn pool() {}

fn main() {}
