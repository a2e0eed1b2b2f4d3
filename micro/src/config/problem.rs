//! What is wrong with settings, in words.

use std::fmt::{self, Display};

use super::{Layer, Origin};

/// Why a setting cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) path: String,
    pub(super) origin: Option<Origin>,
    pub(super) words: String,
}

/// A key that no struct has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unknown {
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) near: Option<String>,
}

/// A setting that is in use and should not be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deprecated {
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) instead: &'static str,
}

impl Problem {
    /// Something that is wrong with the configuration as a whole.
    pub(super) fn of(path: impl Into<String>, words: impl Into<String>) -> Self {
        Problem { path: path.into(), origin: None, words: words.into() }
    }

    /// Whether nothing is set where something has to be.
    pub(super) fn is_missing(&self) -> bool {
        self.origin.is_none() && self.words == "is not set"
    }
}

/// Variables and flags are names by themselves; in a file it is the key that counts.
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
        write!(f, "`{}` ({}) is no setting", self.path, self.origin)?;
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
