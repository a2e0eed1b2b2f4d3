//! Problems of settings, and their messages.

use std::fmt::{self, Display};

use super::{Layer, Origin};

/// Reason a setting cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    kind: ProblemKind,
    pub(super) path: String,
    pub(super) origin: Option<Origin>,
    pub(super) words: String,
}

/// Distinguishes settings that are absent, which another source may still supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProblemKind {
    /// A required setting has no value.
    Missing,
    /// A value, a name or a declaration is wrong.
    Invalid,
}

/// A key that no struct has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unknown {
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) near: Option<String>,
}

/// A deprecated setting that is set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deprecated {
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) instead: &'static str,
}

impl Problem {
    /// Creates a problem without an origin.
    pub(super) fn of(path: impl Into<String>, words: impl Into<String>) -> Self {
        Problem { kind: ProblemKind::Invalid, path: path.into(), origin: None, words: words.into() }
    }

    /// Creates the problem of a required setting without a value.
    pub(super) fn missing(path: impl Into<String>) -> Self {
        Problem { kind: ProblemKind::Missing, ..Problem::of(path, "is not set") }
    }

    /// Sets the origin of the value.
    pub(super) fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Returns `true` if a required setting has no value.
    pub(super) fn is_missing(&self) -> bool {
        self.kind == ProblemKind::Missing
    }
}

/// Names variables and flags by their origin, and other values by their path.
impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) if matches!(origin.layer(), Layer::Environment | Layer::Flag) => {
                write!(f, "`{origin}` {}", self.words)
            }
            Some(origin) if origin.layer() != Layer::Declared => {
                write!(f, "`{}` ({origin}) {}", self.path, self.words)
            }
            _ if self.path.is_empty() => f.write_str(&self.words),
            _ => write!(f, "`{}` {}", self.path, self.words),
        }
    }
}

impl Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}) is not a setting", self.path, self.origin)?;
        match &self.near {
            Some(near) => write!(f, ": did you mean `{near}`?"),
            None => Ok(()),
        }
    }
}

impl Display for Deprecated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}) is deprecated: {}", self.path, self.origin, self.instead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Reader;

    #[test]
    fn words_alone_make_nothing_a_missing_setting() {
        assert!(!Problem::of("greeter.salutation", "is not set").is_missing());
        let mut reader = Reader::new("greeter.salutation");
        assert_eq!(reader.missing::<()>(), None);
        assert_eq!(reader.problems[0].to_string(), "`greeter.salutation` is not set");
        assert!(reader.problems[0].is_missing());
    }
}
