use micro::Result;
use ui_tests::{HelloReply, HelloRequest};

use std::borrow::Cow;

#[micro::service]
trait Greeter {
    async fn hello<'a>(&'a self, req: Cow<'a, str>) -> Result<HelloReply>;
    async fn borrowed(&self, req: &HelloRequest) -> Result<&HelloReply>;
}

fn main() {}
