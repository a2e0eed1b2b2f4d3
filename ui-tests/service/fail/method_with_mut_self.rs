use micro::client::ServiceClient;
use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
trait Greeter {
    async fn hello(&mut self, req: HelloRequest) -> Result<HelloReply>;
}


#[derive(Default)]
struct English;

#[micro::handler]
impl Greeter for English {
    async fn hello(&mut self, req: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { greeting: req.name })
    }
}

fn main() {
    let client = GreeterClient::of(English);
    let _ = client.named("canary");
}
