//! The one error of the room: what is wrong, and the path to the field it is wrong with.

use std::fmt;

use crate::errors;

/// `Result` with the room's [`Error`] unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Bytes or text that are not the message they should be, or a value that has no place in a format.
///
/// Displayed as path and text: `` `children[1].n`: 9223372036854775808 does not fit i64 ``.
///
/// `?` turns it into [`crate::errors::Error`] with the same text. For that reason, and like that error, it does not implement
/// [`std::error::Error`].
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    text: String,
    skippable: bool,
    // Innermost step first: the path is built while unwinding.
    path: Vec<Step>,
}

#[derive(Clone, PartialEq, Eq)]
enum Step {
    Field(&'static str),
    Key(String),
    Index(usize),
}

/// Kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input breaks the rules of its format.
    Malformed,
    /// A required value is missing.
    Missing,
    /// A value does not fit its type, or has no place in the format.
    Range,
    /// A field, an enum name or an enum number that is not known.
    Unknown,
    /// The input asks for more depth or memory than it may have.
    Limit,
}

impl Error {
    /// A failure without a path yet.
    #[cold]
    #[inline(never)]
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Error(Box::new(Inner { kind, text: text.into(), skippable: false, path: Vec::new() }))
    }

    /// A failure of kind [`ErrorKind::Malformed`].
    #[cold]
    pub fn malformed(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, text)
    }

    /// A failure of kind [`ErrorKind::Range`]: `value` does not fit the type called `name`.
    #[cold]
    pub fn does_not_fit(value: impl fmt::Display, name: &str) -> Self {
        Self::new(ErrorKind::Range, format!("{value} does not fit {name}"))
    }

    /// Puts the name of a field before the path. An empty name adds nothing.
    #[cold]
    #[must_use]
    pub fn at(mut self, name: &'static str) -> Self {
        if !name.is_empty() {
            self.0.path.push(Step::Field(name));
        }
        self
    }

    /// Puts the index of a list element before the path.
    #[cold]
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        self.0.path.push(Step::Index(index));
        self
    }

    /// Puts the key of a map entry before the path.
    #[cold]
    #[must_use]
    pub fn at_key(mut self, key: impl fmt::Display) -> Self {
        self.0.path.push(Step::Key(key.to_string()));
        self
    }

    /// Marks a name that an open enum does not have, which a lenient reader treats as absent.
    pub(super) fn skippable(mut self) -> Self {
        self.0.skippable = true;
        self
    }

    /// Returns `true` if a lenient reader may continue: only while the error has not left the value it is about.
    pub(super) fn is_skippable(&self) -> bool {
        self.0.skippable && self.0.path.is_empty()
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the text without the path.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The path to the field: `children[1].n`; empty where no field is to blame.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.0.path.iter().rev() {
            match step {
                Step::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Key(key) => path.push_str(&format!("[{key:?}]")),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.path.is_empty() { f.write_str(&self.0.text) } else { write!(f, "`{}`: {}", self.path(), self.0.text) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// [`Code::ResourceExhausted`](errors::Code) for limits, [`Code::InvalidArgument`](errors::Code) for the rest.
impl From<Error> for errors::Error {
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Limit => errors::Code::ResourceExhausted,
            _ => errors::Code::InvalidArgument,
        };
        errors::Error::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_reads_from_the_outside_in() {
        let error = Error::does_not_fit(300, "u8").at("n").at_key("it's").at("by_name").at_index(1).at("children");
        assert_eq!(error.to_string(), "`children[1].by_name[\"it's\"].n`: 300 does not fit u8");
    }

    #[test]
    fn the_peer_reads_the_path_too() {
        let error = errors::Error::from(Error::malformed("truncated").at("name"));
        assert_eq!(error.code(), errors::Code::InvalidArgument);
        assert_eq!(error.message(), "`name`: truncated");
        let error = errors::Error::from(Error::new(ErrorKind::Limit, "too deep"));
        assert_eq!(error.code(), errors::Code::ResourceExhausted);
    }
}
