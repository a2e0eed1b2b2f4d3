//! Common parts of the parsers of all formats: lines, limits, and errors.

use crate::config::{Node, Origin, Value};

/// Maximum nesting depth of tables and lists.
pub(super) const MAX_DEPTH: usize = 64;

/// Syntax error with its line, without any of the text, which may contain a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: Option<u32>,
    pub(super) why: String,
}

impl Wrong {
    pub(super) fn at(line: u32, why: impl Into<String>) -> Self {
        Wrong { line: Some(line), why: why.into() }
    }
}

/// Returns the value of an empty file: null, without a line.
pub(super) fn nothing(origin: &Origin) -> Node {
    Node { value: Value::Null, origin: origin.clone(), secret: false }
}

/// Index of the lines of a text.
pub(super) struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        LineIndex { starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// Returns the line of the byte at `offset`; the first line is 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}
