#![deny(warnings)]

#[micro::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    assert!(tokio::spawn(async { true }).await.is_ok());
}
