//! The smallest service: `cargo run --example greeter`, and `cargo run --example greeter-client` in another terminal.

mod contract;

use contract::{Greeter, HelloReply, HelloRequest};
use micro::prelude::*;

#[derive(Default)]
struct English;

#[micro::handler]
impl Greeter for English {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply> {
        if req.name.is_empty() {
            return Err(Error::invalid_argument("`name` is empty"));
        }
        Ok(HelloReply { greeting: format!("Hello, {}!", req.name) })
    }
}

#[micro::main]
async fn main() -> Result<()> {
    micro::run().await
}
