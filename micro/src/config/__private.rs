//! Items that code written by `#[micro::config]` names, for the settings of micro's own modules: with `crate = crate::config` it
//! names this module and none further out. `micro::__private` has the same names.

pub use inventory;

/// The names in the expansion.
pub mod config {
    pub use crate::config::check;
    pub use crate::config::{
        Choice, Config, Field, FieldCodec, Fields, Kind, Node, Reader, Reload, Section, SectionDesc, SectionEntry,
        SerdeFallback, Setting, Value, declared_default, write_section,
    };

    /// A default that is written as text, and read like the text of a variable.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// A word of a choice.
    pub fn word(word: &'static str) -> Value {
        word.into()
    }
}
