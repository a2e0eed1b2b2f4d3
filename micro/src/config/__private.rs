//! Items named by code that `#[micro::config]` generates, for the settings of micro's own modules: with `crate = crate::config`,
//! the code names this module and none outside of it. `micro::__private` has the same names.

pub use inventory;

/// Names used in the expansion.
pub mod config {
    pub use crate::config::check;
    pub use crate::config::{
        Choice, Config, Field, FieldCodec, Fields, Kind, Node, Reader, Reload, Section, SectionDesc, SectionEntry,
        SerdeFallback, Setting, Value, declared_default, write_section,
    };

    /// Creates a default that is written as text, and parsed like the text of a variable.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// Creates a word of a choice.
    pub fn word(word: &'static str) -> Value {
        word.into()
    }
}
