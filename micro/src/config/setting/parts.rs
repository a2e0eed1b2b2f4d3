//! Items of lists and entries of tables, including those written as text.

use std::borrow::Cow;

use crate::config::value::from_json;
use crate::config::{Node, Table, Value};

/// Returns the items of a list, or of a text like `a,b` or `["a", "b"]`.
pub(in crate::config) fn items_of(node: &Node) -> Option<Cow<'_, [Node]>> {
    match &node.value {
        Value::Array(items) => Some(Cow::Borrowed(items)),
        Value::Text(text) => Some(Cow::Owned(list(text, node))),
        _ => None,
    }
}

/// Returns the entries of a table, or of a text like `a=1,b=2` or `{"a": 1}`.
pub(in crate::config) fn table_of(node: &Node) -> Option<Cow<'_, Table>> {
    match &node.value {
        Value::Table(table) => Some(Cow::Borrowed(table)),
        Value::Text(text) => pairs(text, node).map(Cow::Owned),
        _ => None,
    }
}

fn list(text: &str, node: &Node) -> Vec<Node> {
    if let Some(Value::Array(items)) = json(text, '[', node) {
        return items;
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| of_text(part, node)).collect()
}

fn pairs(text: &str, node: &Node) -> Option<Table> {
    if let Some(Value::Table(table)) = json(text, '{', node) {
        return Some(table);
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=')?;
            let key = Some(key.trim()).filter(|key| !key.is_empty())?;
            Some((key.to_owned(), of_text(value.trim(), node)))
        })
        .collect()
}

fn of_text(text: &str, node: &Node) -> Node {
    Node { value: Value::Text(text.to_owned()), ..node.clone() }
}

/// Parses the text as JSON, if it starts with `begins`.
fn json(text: &str, begins: char, node: &Node) -> Option<Value> {
    let text = text.trim();
    let json = text.starts_with(begins).then(|| serde_json::from_str(text).ok())??;
    let mut node = from_json(json, &node.origin);
    Some(std::mem::replace(&mut node.value, Value::Null))
}
