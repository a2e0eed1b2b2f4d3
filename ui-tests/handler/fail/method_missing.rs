use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
pub trait Greeter {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
    async fn ping(&self) -> Result<()>;
}

#[derive(Default)]
struct English;


#[micro::handler]
impl Greeter for English {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { greeting: req.name })
    }
}

fn main() {}
