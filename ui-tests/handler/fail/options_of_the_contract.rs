use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
pub trait Greeter {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
}

#[derive(Default)]
struct English;


#[micro::handler]
impl Greeter for English {
    #[method(timeout = "2s")]
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { greeting: req.name })
    }
}

fn main() {}
