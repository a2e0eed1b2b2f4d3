//! Problems of files, all reported at once.

use std::fmt::Write;

use super::text::Wrong;
use crate::errors::{Code, Error};

/// A problem, reported on a line of its own.
#[derive(Debug)]
pub(super) struct FileProblem {
    code: Code,
    text: String,
}

impl FileProblem {
    pub(super) fn at(code: Code, place: &str, line: Option<u32>, why: &str) -> Self {
        let mut text = format!("`{place}`");
        if let Some(line) = line {
            let _ = write!(text, ":{line}");
        }
        let _ = write!(text, ": {why}");
        FileProblem { code, text }
    }

    pub(super) fn syntax(place: &str, wrong: &Wrong) -> Self {
        FileProblem::at(Code::InvalidArgument, place, wrong.line, &wrong.why)
    }

    /// Combines the problems into one error, in their order.
    pub(super) fn sum(problems: &[FileProblem]) -> Error {
        let first = problems.first().map_or(Code::InvalidArgument, |problem| problem.code);
        let same = problems.iter().all(|problem| problem.code == first);
        let lines: Vec<&str> = problems.iter().map(|problem| problem.text.as_str()).collect();
        Error::new(if same { first } else { Code::InvalidArgument }, lines.join("\n"))
    }
}
