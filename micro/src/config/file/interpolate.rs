//! Resolution of `${…}` in the texts of a file.

use std::path::PathBuf;

use super::location::Lookup;
use super::problem::FileProblem;
use super::snapshot::FileSnapshot;
use crate::config::value::bare;
use crate::config::{Node, Table, Value};
use crate::errors::Code;

/// Resolver of the references in one file.
pub(super) struct Filler<'a> {
    pub(super) environment: &'a Lookup,
    /// Base of relative paths: the directory of the file that contains them.
    pub(super) directory: PathBuf,
    pub(super) snapshot: &'a mut FileSnapshot,
    pub(super) problems: &'a mut Vec<FileProblem>,
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum TextPart<'a> {
    Plain(&'a str),
    Variable { name: &'a str, default: Option<&'a str> },
    File(&'a str),
}

/// Error in a reference, without quoting it: text that looks like a reference may be part of a password.
type Malformed = &'static str;

impl Filler<'_> {
    pub(super) fn fill(&mut self, table: &mut Table) {
        for (key, node) in table {
            self.fill_node(node, &bare(key));
        }
    }

    fn fill_node(&mut self, node: &mut Node, key: &str) {
        match &mut node.value {
            Value::Table(table) => {
                for (inner, node) in table {
                    self.fill_node(node, &format!("{key}.{}", bare(inner)));
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    self.fill_node(item, &format!("{key}[{at}]"));
                }
            }
            Value::Str(text) if text.contains("${") => {
                let text = std::mem::take(text);
                self.fill_text(node, &text, key);
            }
            _ => {}
        }
    }

    fn fill_text(&mut self, node: &mut Node, text: &str, key: &str) {
        let parts = match parts(text) {
            Ok(parts) => parts,
            Err(malformed) => return self.complain(node, key, Code::InvalidArgument, malformed),
        };
        let mut filled = String::new();
        for part in &parts {
            match self.resolve(part) {
                Ok(text) => filled.push_str(&text),
                Err((code, why)) => self.complain(node, key, code, &why),
            }
        }
        let refers = parts.iter().any(|part| !matches!(part, TextPart::Plain(_)));
        node.value = if refers { Value::Text(filled) } else { Value::Str(filled) };
        node.secret |= parts.iter().any(|part| matches!(part, TextPart::File(_)));
    }

    fn resolve(&mut self, part: &TextPart<'_>) -> Result<String, (Code, String)> {
        match part {
            TextPart::Plain(text) => Ok((*text).to_owned()),
            TextPart::Variable { name, default: Some(default) } => {
                let set = (self.environment)(name).filter(|value| !value.is_empty());
                Ok(set.unwrap_or_else(|| (*default).to_owned()))
            }
            TextPart::Variable { name, default: None } => (self.environment)(name).ok_or_else(|| {
                let why = format!("the variable `{name}` is not set; set it, or write `${{{name}:-…}}` with a default");
                (Code::InvalidArgument, why)
            }),
            TextPart::File(path) => self.contents(path),
        }
    }

    fn contents(&mut self, path: &str) -> Result<String, (Code, String)> {
        let text = self.snapshot.text(&self.directory.join(path));
        let text = text.map_err(|error| (Code::InvalidArgument, format!("`${{file:{path}}}` {error}")))?;
        let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
        Ok(text.to_owned())
    }

    fn complain(&mut self, node: &Node, key: &str, code: Code, why: &str) {
        let why = format!("`{key}`: {why}");
        self.problems.push(FileProblem::at(code, node.origin.place(), node.origin.line(), &why));
    }
}

/// Splits a text into plain parts and references.
fn parts(text: &str) -> Result<Vec<TextPart<'_>>, Malformed> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            // `$${` is an escaped `${`: the first `$` is removed.
            parts.push(TextPart::Plain(&rest[..at - 1]));
            parts.push(TextPart::Plain("${"));
            rest = &rest[at + 2..];
            continue;
        }
        let (inside, after) = rest[at + 2..].split_once('}').ok_or(UNCLOSED)?;
        parts.push(TextPart::Plain(&rest[..at]));
        parts.push(reference(inside)?);
        rest = after;
    }
    parts.push(TextPart::Plain(rest));
    parts.retain(|part| *part != TextPart::Plain(""));
    Ok(parts)
}

const UNCLOSED: Malformed = "`${` has no `}`; write `$${` for a plain `${`";
const UNKNOWN: Malformed =
    "`${…}` is not one of `${NAME}`, `${NAME:-default}` and `${file:path}`; write `$${` for a plain `${`";
const NESTED: Malformed = "a default cannot contain another `${`";

fn reference(inside: &str) -> Result<TextPart<'_>, Malformed> {
    if let Some(path) = inside.strip_prefix("file:") {
        return if path.is_empty() { Err(UNKNOWN) } else { Ok(TextPart::File(path)) };
    }
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.is_empty() || !name.chars().all(is_letter) || name.starts_with(|letter: char| letter.is_ascii_digit()) {
        return Err(UNKNOWN);
    }
    if default.is_some_and(|default| default.contains("${")) {
        return Err(NESTED);
    }
    Ok(TextPart::Variable { name, default })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart() {
        let plain = TextPart::Plain;
        let variable = |name, default| TextPart::Variable { name, default };
        for (text, expected) in [
            ("${A}", vec![variable("A", None)]),
            ("x${A:-}y", vec![plain("x"), variable("A", Some("")), plain("y")]),
            ("${A:-b:-c}", vec![variable("A", Some("b:-c"))]),
            ("${_a1}${file:/run/x}", vec![variable("_a1", None), TextPart::File("/run/x")]),
            ("$${A}", vec![plain("${"), plain("A}")]),
            ("a$$${A}", vec![plain("a$"), plain("${"), plain("A}")]),
            ("$A $", vec![plain("$A $")]),
        ] {
            assert_eq!(parts(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_reference_is_an_error_that_quotes_nothing() {
        for (text, expected) in [
            ("${A", UNCLOSED),
            ("${", UNCLOSED),
            ("${}", UNKNOWN),
            ("${1A}", UNKNOWN),
            ("${A-b}", UNKNOWN),
            ("${A:=b}", UNKNOWN),
            ("${pass word}", UNKNOWN),
            ("${file:}", UNKNOWN),
            ("${A:-${B}}", NESTED),
        ] {
            assert_eq!(parts(text), Err(expected), "{text}");
        }
    }
}
