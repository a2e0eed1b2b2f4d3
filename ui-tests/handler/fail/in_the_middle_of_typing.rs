use micro::client::ServiceClient;
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
        req.
    }
}

fn main() {
    let _ = GreeterClient::of(English).hello(HelloRequest::default());
}
