use micro::client::ServiceClient;
use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service]
pub trait Greeter {
    async fn hello(&self, name: &str, times: u32, tags: Vec<String>) -> Result<HelloReply>;
    async fn fine(&self, req: HelloRequest) -> Result<HelloReply>;
}


#[derive(Default)]
struct English;

#[micro::handler]
impl Greeter for English {
    async fn hello(&self, name: &str, times: u32, tags: Vec<String>) -> Result<HelloReply> {
        let _ = (times, tags);
        Ok(HelloReply { greeting: name.to_owned() })
    }

    async fn fine(&self, req: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { greeting: req.name })
    }
}

fn main() {
    let client = GreeterClient::of(English);
    let _ = client.named("canary");
}
