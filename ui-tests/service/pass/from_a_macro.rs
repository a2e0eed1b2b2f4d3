//! Contracts and handlers that a macro of the author's writes.
#![deny(warnings)]

use micro::client::ServiceClient;
use micro::{Context, Result};
use ui_tests::{HelloReply, HelloRequest};

macro_rules! contract {
    ($name:ident, $method:ident, $request:ty, $output:ty, $text:literal, $default:block) => {
        #[micro::service(name = $text)]
        pub trait $name {
            #[method(timeout = "2s")]
            async fn $method(&self, request: $request) -> $output;
            async fn ready(&self) -> Result<()> $default
        }
    };
}

macro_rules! handler {
    ($contract:path, $type:ty, $method:ident, $context:ty, |$request:pat_param| $body:expr) => {
        #[micro::handler]
        impl $contract for $type {
            async fn $method(&self, $request: HelloRequest, context: $context) -> Result<HelloReply> {
                let _ = context.deadline();
                $body
            }
        }
    };
}

contract!(Greeter, hello, HelloRequest, Result<HelloReply>, "greeter", { Ok(()) });

#[derive(Default)]
struct English;

handler!(Greeter, English, hello, &Context, |HelloRequest { name }| Ok(HelloReply { greeting: name }));

macro_rules! service {
    ($type:ident, $($method:ident($request:ty) -> $output:ty $body:block)*) => {
        #[micro::service]
        impl $type {
            $(#[handler] async fn $method(&self, request: $request) -> $output { let _ = request; $body })*
        }
    };
}

#[derive(Default)]
struct Users;

service! {
    Users,
    get(HelloRequest) -> Result<HelloReply> { Ok(HelloReply::default()) }
    put(HelloReply) -> Result<()> { Ok(()) }
}

#[micro::main]
async fn main() -> Result<()> {
    let client = GreeterClient::of(English);
    client.ready().await?;
    assert_eq!(client.hello(HelloRequest { name: "Ada".to_owned() }).await?.greeting, "Ada");
    UsersClient::of(Users).put(HelloReply::default()).await
}
