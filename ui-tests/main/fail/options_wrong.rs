#[micro::main(flavour = "current_thread", worker_threads = "2")]
async fn main() {}
