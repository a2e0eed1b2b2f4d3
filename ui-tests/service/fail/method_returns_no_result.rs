use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
trait Greeter {
    async fn hello(&self, req: HelloRequest) -> HelloReply;
}

fn main() {}
