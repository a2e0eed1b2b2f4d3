use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

struct Pool;

#[micro::config]
struct Nested {}

#[micro::service]
trait Greeter {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
    async fn bye(&self, req: HelloRequest) -> Result<HelloReply>;
}

#[derive(Default)]
struct English;

#[micro::handler]
impl Greeter for English {
    async fn hello(&self, req: HelloRequest, pool: &Pool, nested: &Nested) -> Result<HelloReply> {
        let _ = (req, pool, nested);
        Ok(HelloReply::default())
    }

    async fn bye(&self, req: HelloRequest) -> Result<HelloReply> {
        let _ = req;
        Ok(HelloReply::default())
    }
}

fn main() {}
