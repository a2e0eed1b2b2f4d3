//! What the programs below speak of: a folder for each attribute, files named after what is wrong with them.

/// A name to greet.
#[micro::message]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelloRequest {
    /// Who it is.
    pub name: String,
}

/// A greeting.
#[micro::message]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelloReply {
    /// What is said.
    pub greeting: String,
}

/// Somebody was greeted.
#[micro::event(topic = "greeter.greeted")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Greeted {
    /// Who it was.
    pub name: String,
}
