use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::config(prefix = "greeter")]
struct GreeterConfig {}

#[micro::service]
trait Greeter {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
}

#[derive(Default)]
struct English;

#[micro::handler]
impl Greeter for English {
    async fn hello(&self, req: HelloRequest, config: &mut GreeterConfig) -> Result<HelloReply> {
        let _ = (req, config);
        Ok(HelloReply::default())
    }
}

fn main() {}
