//! What the two programs agree on. In a larger system this is a crate of its own.

use micro::prelude::*;

#[micro::message(package = "greeter")]
#[derive(Clone, Debug, PartialEq)]
pub struct HelloRequest {
    pub name: String,
}

#[micro::message(package = "greeter")]
#[derive(Clone, Debug, PartialEq)]
pub struct HelloReply {
    pub greeting: String,
}

/// Greets people.
#[micro::service(name = "greeter")]
pub trait Greeter {
    /// Greets a person by name.
    #[method(no_side_effects, timeout = "2s")]
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
}

// `contract.proto` is committed: a change that breaks those who have it fails here and says what broke.
#[test]
fn the_contract_is_kept() {
    micro::testing::contract!("greeter/contract.proto");
}
