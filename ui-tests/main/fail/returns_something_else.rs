#[micro::main]
async fn main() -> String {
    String::new()
}
