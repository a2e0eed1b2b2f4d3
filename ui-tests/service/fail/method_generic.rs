use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
trait Greeter {
    async fn hello<T: Into<HelloRequest>>(&self, req: T) -> Result<HelloReply>;
    async fn many(&self, req: impl Into<HelloRequest>) -> Result<HelloReply>;
}

fn main() {}
