use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
trait Greeter {
    fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
    fn later(&self) -> impl Future<Output = Result<()>> + Send;
}

fn main() {
    let _: Option<GreeterClient> = None;
}
