//! The context is asked for in the implementation and not in the contract.
#![deny(warnings)]

use micro::client::ServiceClient;
use micro::{Context, Result};
use ui_tests::{HelloReply, HelloRequest};

mod contracts {
    use super::*;

    #[micro::service]
    pub trait Greeter {
        async fn first(&self, req: HelloRequest) -> Result<HelloReply>;
        async fn last(&self, req: HelloRequest) -> Result<HelloReply>;
        async fn none(&self) -> Result<()>;
        async fn default(&self) -> Result<()> {
            assert!(Context::current().deadline().is_some());
            Ok(())
        }
    }
}

use contracts::Greeter as Renamed;

#[derive(Default)]
struct English;

#[micro::handler]
impl Renamed for English {
    async fn first(&self, context: &Context, req: HelloRequest) -> Result<HelloReply> {
        assert!(context.deadline().is_some());
        Ok(HelloReply { greeting: req.name })
    }

    async fn last(&self, HelloRequest { name }: HelloRequest, ctx: &micro::Context) -> Result<HelloReply> {
        tokio::task::yield_now().await;
        assert!(ctx.deadline().is_some());
        Ok(HelloReply { greeting: name })
    }

    async fn none(&self, _: &Context) -> Result<()> {
        Ok(())
    }
}

#[micro::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let client = contracts::GreeterClient::of(English);
    client.first(HelloRequest::default()).await?;
    client.last(HelloRequest::default()).await?;
    client.none().await?;
    client.default().await
}
