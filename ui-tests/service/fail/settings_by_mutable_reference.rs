use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::config(prefix = "greeter")]
struct GreeterConfig {}

#[derive(Default)]
struct English;

#[micro::service]
impl English {
    #[handler]
    async fn hello(&self, req: HelloRequest, config: &mut GreeterConfig) -> Result<HelloReply> {
        let _ = (req, config);
        Ok(HelloReply::default())
    }
}

fn main() {}
