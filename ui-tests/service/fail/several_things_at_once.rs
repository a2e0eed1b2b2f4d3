use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

#[micro::service(nam = "greeter", package = "a b")]
trait Greeter {
    #[method(timout = "2s", idempotent, idempotent)]
    async fn first(&self, req: &HelloRequest) -> Result<HelloReply>;
    fn second(&mut self) -> Result<()>;
    async fn third<T>(self, req: T);
}

fn main() {}
