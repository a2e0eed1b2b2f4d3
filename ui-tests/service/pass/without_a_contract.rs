//! A service on an `impl` block.
#![deny(warnings)]

use micro::client::ServiceClient;
use micro::{Context, Result};
use ui_tests::{HelloReply, HelloRequest};

struct Users {
    greeting: String,
}

/// Keeps users.
#[micro::service]
impl Users {
    const DEFAULT: &str = "Hello";

    #[init]
    async fn new() -> Result<Self> {
        Ok(Users { greeting: Self::DEFAULT.to_owned() })
    }

    /// Greets one.
    #[handler]
    #[method(no_side_effects)]
    async fn greet(&self, ctx: &Context, HelloRequest { name }: HelloRequest) -> Result<HelloReply> {
        assert!(ctx.deadline().is_some());
        Ok(self.reply(&name))
    }

    #[micro::handler]
    async fn reset(&self) -> Result<()> {
        Ok(())
    }

    fn reply(&self, name: &str) -> HelloReply {
        HelloReply { greeting: format!("{} {name}", self.greeting) }
    }
}

#[micro::main]
async fn main() -> Result<()> {
    let client = UsersClient::of(Users::new().await?);
    client.reset().await?;
    assert_eq!(client.greet(HelloRequest { name: "Ada".to_owned() }).await?.greeting, "Hello Ada");
    let registered = micro::__private::inventory::iter::<micro::__private::HandlerEntry>.into_iter().count();
    assert_eq!(registered, 1);
    Ok(())
}
