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
    fn hello(&self, req: HelloRequest, config: &GreeterConfig) -> impl Future<Output = Result<HelloReply>> + Send {
        let _ = (req, config);
        async { Ok(HelloReply::default()) }
    }
}

fn main() {}
