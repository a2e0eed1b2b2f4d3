use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
trait Greeter {
    async fn hello(&self, HelloRequest { name }: HelloRequest) -> Result<HelloReply>;
    async fn changed(&self, mut req: HelloRequest) -> Result<HelloReply>;
}

fn main() {}
