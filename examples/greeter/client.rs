//! Calls the greeter of the other program, by name and without an address: `cargo run --example greeter-client -- Ada`.

mod contract;

use contract::{GreeterClient, HelloRequest};
use micro::prelude::*;

#[micro::main]
async fn main() -> Result<()> {
    let app = micro::client().await?;
    let greeter: GreeterClient = app.get()?;

    let name = std::env::args().nth(1).unwrap_or_else(|| "world".into());
    let reply = greeter.hello(HelloRequest { name }).await?;
    println!("{}", reply.greeting);
    Ok(())
}
