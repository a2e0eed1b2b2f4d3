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
    fn hello(&self, req: HelloRequest, ctx: &Context) -> impl Future<Output = Result<HelloReply>> + Send {
        async { Ok(HelloReply { greeting: req.name }) }
    }
}

fn main() {}
