use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[derive(Default)]
struct English;

#[micro::service]
impl English {
    #[handler]
    async fn borrowed(&self, req: &HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { greeting: req.name.clone() })
    }
}

#[micro::config(prefix = "greeter")]
struct GreeterConfig {}

#[micro::service]
trait Greeter {
    async fn hello(&self, req: HelloRequest, config: &GreeterConfig) -> Result<HelloReply>;
}

fn main() {}
