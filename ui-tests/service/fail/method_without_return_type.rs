use micro::client::ServiceClient;
use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
trait Greeter {
    async fn hello(&self, req: HelloRequest);
}


#[derive(Default)]
struct English;

#[micro::handler]
impl Greeter for English {
    async fn hello(&self, req: HelloRequest) {
        drop(req);
    }
}

fn main() {
    let client = GreeterClient::of(English);
    let _ = client.named("canary");
}
