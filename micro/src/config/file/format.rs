//! Text into tables, with the line of every value.

use std::ffi::OsStr;
use std::path::Path;

use super::{json, toml, yaml};
use crate::config::{Node, Origin, Table, Value};

/// How deep tables and lists may stand in one another.
pub(super) const DEEPEST: usize = 64;

/// A way to write settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Toml,
    Json,
    Yaml,
}

/// Why a text cannot be read, and where; without a word of the text itself, which may hold a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: Option<u32>,
    pub(super) why: String,
}

impl Format {
    /// The format a name ends in.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase();
        match extension.as_str() {
            "toml" => Some(Format::Toml),
            "json" => Some(Format::Json),
            "yaml" | "yml" => Some(Format::Yaml),
            _ => None,
        }
    }

    /// Reads a whole file; `origin` is where it is.
    pub(super) fn parse(self, text: &str, origin: &Origin) -> Result<Table, Wrong> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let node = match self {
            Format::Toml => toml::parse(text, origin)?,
            Format::Json => json::parse(text, origin)?,
            Format::Yaml => yaml::parse(text, origin)?,
        };
        match node.value {
            Value::Table(table) => Ok(table),
            // Nothing but comments and space.
            Value::Null if node.origin.line().is_none() => Ok(Table::new()),
            other => Err(Wrong {
                line: node.origin.line(),
                why: format!("expected keys and values at the top, found {}", other.what()),
            }),
        }
    }
}

impl Wrong {
    pub(super) fn at(line: u32, why: impl Into<String>) -> Self {
        Wrong { line: Some(line), why: why.into() }
    }
}

/// Nothing at all, as in an empty file.
pub(super) fn nothing(origin: &Origin) -> Node {
    Node { value: Value::Null, origin: origin.clone(), secret: false }
}

/// Finds the line of any place in a text.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The line, from 1, of a byte.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}
