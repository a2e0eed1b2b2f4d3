#[micro::provider]
async fn pool() -> String {
    String::new()
}

fn main() {}
