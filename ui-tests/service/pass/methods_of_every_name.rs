//! A contract whose methods have the names of what clients have in common, now or later.
#![deny(warnings)]

use micro::prelude::*;
use ui_tests::{HelloReply, HelloRequest};

macro_rules! contract {
    ($($name:ident)*) => {
        #[micro::service]
        pub trait Names {
            $(async fn $name(&self, req: HelloRequest) -> Result<HelloReply>;)*
        }

        struct Echo;

        impl Names for Echo {
            $(async fn $name(&self, _: HelloRequest) -> Result<HelloReply> {
                Ok(HelloReply { greeting: stringify!($name).to_owned() })
            })*
        }

        async fn all(client: &NamesClient) -> Result<()> {
            $(assert_eq!(client.$name(HelloRequest::default()).await?.greeting, stringify!($name));)*
            Ok(())
        }
    };
}

contract! { of named at with clone new service client as_client from_client into call dynamic set_timeout }

/// The options as they are usually written, on the client of a contract that has other names.
#[micro::service]
pub trait Plain {
    async fn ping(&self) -> Result<()>;
}

struct Pong;

impl Plain for Pong {
    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

#[micro::main]
async fn main() -> Result<()> {
    let names = <NamesClient as ServiceClient>::of(Echo);
    all(&names).await?;
    all(&Clone::clone(&names)).await?;
    all(&ServiceClient::with(&names, CallOptions::new())).await?;
    let elsewhere = ServiceClient::at(&ServiceClient::named(&names, "canary"), "127.0.0.1:1");
    assert!(all(&elsewhere).await.is_err());

    let plain = PlainClient::of(Pong);
    plain.ping().await?;
    plain.with(CallOptions::new()).ping().await?;
    assert!(plain.named("canary").at("10.0.0.7:8080").ping().await.is_err());
    Ok(())
}
