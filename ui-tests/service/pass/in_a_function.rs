//! A contract may be declared wherever an item may, and with types of the same place.
#![deny(warnings)]

use micro::client::ServiceClient;
use micro::Context;

#[micro::main]
async fn main() -> micro::Result<()> {
    type Answer = micro::Result<()>;

    #[micro::service]
    trait Local {
        async fn go(&self) -> Answer;
    }

    #[derive(Default)]
    struct Here;

    #[micro::handler]
    impl Local for Here {
        async fn go(&self, ctx: &Context) -> Answer {
            assert!(ctx.deadline().is_some());
            Ok(())
        }
    }

    LocalClient::of(Here).go().await
}
