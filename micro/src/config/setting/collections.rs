use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use super::Setting;
use crate::config::reader::Reader;
use crate::config::value::{declared, from_json};
use crate::config::{Kind, Node, Table, Value};

macro_rules! lists {
    ($($list:ident: $($bound:path),*;)*) => {$(
        impl<T: Setting $(+ $bound)*> Setting for $list<T> {
            const SECRET: bool = T::SECRET;

            fn kind() -> Kind {
                Kind::List(T::kind)
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                items(node, reader).map(|items| items.into_iter().collect())
            }

            fn write(&self) -> Value {
                Value::Array(self.iter().map(|item| Node::new(item.write(), declared())).collect())
            }
        }
    )*};
}

lists! {
    Vec: ;
    BTreeSet: Ord;
    HashSet: Eq, Hash;
}

macro_rules! maps {
    ($($map:ident)*) => {$(
        impl<T: Setting> Setting for $map<String, T> {
            const SECRET: bool = T::SECRET;

            fn kind() -> Kind {
                Kind::Map(T::kind)
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                entries(node, reader).map(|entries| entries.into_iter().collect())
            }

            fn write(&self) -> Value {
                let entries = self.iter().map(|(key, value)| (key.clone(), Node::new(value.write(), declared())));
                Value::Table(entries.collect())
            }
        }
    )*};
}

maps!(BTreeMap HashMap);

/// All items, as a type. All of them are looked at, so that all problems are found.
fn items<T: Setting>(node: &Node, reader: &mut Reader) -> Option<Vec<T>> {
    let Some(items) = items_of(node) else { return reader.refuse(node, "a list, or text like `a,b`") };
    let read = |(at, item)| reader.at(&at_index(at), |reader| T::read(item, reader));
    let read: Vec<Option<T>> = items.iter().enumerate().map(read).collect();
    read.into_iter().collect()
}

/// The items it has: of a list, or of a text like `a,b` or `["a", "b"]`.
pub(in crate::config) fn items_of(node: &Node) -> Option<Cow<'_, [Node]>> {
    match &node.value {
        Value::Array(items) => Some(Cow::Borrowed(items)),
        Value::Text(text) => Some(Cow::Owned(list(text, node))),
        _ => None,
    }
}

/// The entries it has: of a table, or of a text like `a=1,b=2` or `{"a": 1}`.
pub(in crate::config) fn table_of(node: &Node) -> Option<Cow<'_, Table>> {
    match &node.value {
        Value::Table(table) => Some(Cow::Borrowed(table)),
        Value::Text(text) => pairs(text, node).map(Cow::Owned),
        _ => None,
    }
}

fn at_index(at: usize) -> String {
    format!("[{at}]")
}

/// All entries, as a type.
fn entries<T: Setting>(node: &Node, reader: &mut Reader) -> Option<Vec<(String, T)>> {
    let Some(table) = table_of(node) else { return reader.refuse(node, "a table, or text like `key=value,..`") };
    let read = |(key, value): (&String, _)| Some((key.clone(), reader.at(key, |reader| T::read(value, reader))?));
    let there = table.iter().filter(|(_, node)| node.value != Value::Null);
    let read: Vec<Option<(String, T)>> = there.map(read).collect();
    read.into_iter().collect()
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

/// The text as JSON, if it begins like one.
fn json(text: &str, begins: char, node: &Node) -> Option<Value> {
    let text = text.trim();
    let json = text.starts_with(begins).then(|| serde_json::from_str(text).ok())??;
    let mut node = from_json(json, &node.origin);
    Some(std::mem::replace(&mut node.value, Value::Null))
}
