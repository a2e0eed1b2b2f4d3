//! The reading side of a format.

use super::Number;
use crate::message::Result;

/// Gives a value, one piece after the other. Implemented once per format.
///
/// Callers [`peek`](Pull::peek) first and take what is there; taking anything else is an error, not a panic.
pub trait Pull {
    /// Returns the kind of the next value, without consuming it.
    ///
    /// # Errors
    ///
    /// When the input is malformed or ends.
    fn peek(&mut self) -> Result<Peek>;

    /// Takes nothing.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn null(&mut self) -> Result<()>;

    /// Takes a yes or no.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn boolean(&mut self) -> Result<bool>;

    /// Takes a number.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn number(&mut self) -> Result<Number>;

    /// Takes text.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn text(&mut self) -> Result<&str>;

    /// Takes bytes.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn bytes(&mut self) -> Result<Vec<u8>>;

    /// Goes into a list.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn begin_list(&mut self) -> Result<()>;

    /// Goes to the next element; at the end leaves the list and says `false`.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn element(&mut self) -> Result<bool>;

    /// Goes into an object.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn begin_object(&mut self) -> Result<()>;

    /// Goes to the next member, whose name is then in [`last_key`](Pull::last_key); at the end leaves the object and says
    /// `false`.
    ///
    /// # Errors
    ///
    /// As [`peek`](Pull::peek).
    fn key(&mut self) -> Result<bool>;

    /// The name found by [`key`](Pull::key).
    fn last_key(&self) -> &str;
}

/// Kind of the next value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Peek {
    Null,
    Boolean,
    Number,
    Text,
    Bytes,
    List,
    Object,
}

impl Peek {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Peek::Null => "null",
            Peek::Boolean => "true or false",
            Peek::Number => "a number",
            Peek::Text => "text",
            Peek::Bytes => "bytes",
            Peek::List => "a list",
            Peek::Object => "an object",
        }
    }
}
