#[micro::main]
async fn start() {}

fn main() {
    drop(start());
}
