//! Formatting of documentation and values as text.

use super::{Node, Value, secret};
use crate::util::text;

/// Returns the first paragraph of a documentation text, on one line.
pub(super) fn first_paragraph(doc: &str) -> String {
    let lines = doc.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// Returns the first sentence of a documentation text, without its full stop.
pub(super) fn first_sentence(doc: &str) -> String {
    let paragraph = first_paragraph(doc);
    let sentence = paragraph.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.').to_owned()
}

/// Formats a value as the text of a variable or a flag.
pub(super) fn as_text(node: &Node) -> String {
    if node.secret {
        return secret::MASK.to_owned();
    }
    match &node.value {
        Value::Null => String::new(),
        Value::Bool(on) => if *on { "on" } else { "off" }.to_owned(),
        Value::Str(text) | Value::Text(text) => text::without_logins(text).into_owned(),
        Value::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(","),
        Value::Table(table) => {
            let pairs = table.iter().map(|(key, node)| format!("{key}={}", as_text(node)));
            pairs.collect::<Vec<_>>().join(",")
        }
        _ => node.to_string(),
    }
}
