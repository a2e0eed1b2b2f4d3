use micro::client::ServiceClient;
use micro::{Context, Result};
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
trait Greeter {
    async fn hello(&self, req: HelloRequest, ctx: &Context) -> Result<HelloReply>;
}


#[derive(Default)]
struct English;

#[micro::handler]
impl Greeter for English {
    async fn hello(&self, req: HelloRequest, ctx: &Context) -> Result<HelloReply> {
        let _ = ctx;
        Ok(HelloReply { greeting: req.name })
    }
}

fn main() {
    let client = GreeterClient::of(English);
    let _ = client.named("canary");
}
