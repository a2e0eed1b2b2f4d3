//! What client and server agree on.

use micro::prelude::*;

#[micro::message(package = "bench")]
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub text: String,
}

#[micro::message(package = "bench")]
#[derive(Clone, Debug, PartialEq)]
pub struct Many {
    pub items: u64,
    pub yielding: bool,
}

#[micro::message(package = "bench")]
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    pub value: u64,
}

#[micro::service(name = "bench", package = "bench")]
pub trait Bench {
    /// The same text.
    async fn say(&self, text: Text) -> Result<Text>;
    /// Numbers from zero.
    async fn count(&self, many: Many) -> Result<Streaming<Number>>;
    /// Every text as it comes.
    async fn echo(&self, texts: Streaming<Text>) -> Result<Streaming<Text>>;
}
