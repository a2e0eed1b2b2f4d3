use micro::{Context, Result};
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
pub trait Greeter {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
}


struct English;

impl Greeter for English {
    async fn hello(&self, req: HelloRequest, ctx: &Context) -> Result<HelloReply> {
        let _ = ctx;
        Ok(HelloReply { greeting: req.name })
    }
}

fn main() {
    let _ = English;
}
