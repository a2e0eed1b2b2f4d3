#[micro::main]
async fn main(name: String) {
    drop(name);
}
