//! What the code that `#[micro::config]` writes speaks of.

pub use crate::config::check;
pub use crate::config::{
    Choice, Config, Field, Fields, Kind, Node, Of, OfPlain, Reader, Reload, Section, SectionDesc, SectionEntry,
    Setting, Value, declared_default, lend, write_section,
};

/// A default that is written as text, and read like the text of a variable.
pub fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// A word of a choice.
pub fn word(word: &'static str) -> Value {
    word.into()
}
