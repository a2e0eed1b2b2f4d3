use micro::{Context, Result};
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
pub trait Greeter {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
}

#[derive(Default)]
struct English;


#[micro::handler]
impl Greeter for English {
    async fn hello(&self, req: HelloRequest, ctx: &Context) -> Result<HelloReply> {
        let name = std::rc::Rc::new(req.name);
        std::future::ready(ctx.deadline()).await;
        Ok(HelloReply { greeting: name.to_string() })
    }
}

fn main() {}
