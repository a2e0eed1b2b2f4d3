use std::collections::BTreeMap;
use std::fmt;

use super::{Layer, Origin};
use crate::util::text;

/// Values by key, of one source or merged from all sources.
pub type Table = BTreeMap<String, Node>;

/// A value and its origin.
#[derive(Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Origin of the value.
    pub origin: Origin,
    /// `true` for a secret, which is never shown.
    pub secret: bool,
}

/// A value in a source.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Removes the value of lower layers.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// Text that was written as text, as in a file.
    Str(String),
    /// Text of an untyped source, such as a variable or a flag. Read as a number, a boolean or a list where one is expected.
    Text(String),
    /// A list. A list of a later layer replaces that of an earlier one.
    Array(Vec<Node>),
    /// Values by key. Tables of several layers are merged key by key.
    Table(Table),
}

impl Node {
    /// Creates a value with an origin.
    pub fn new(value: impl Into<Value>, origin: Origin) -> Self {
        Node { value: value.into(), origin, secret: false }
    }

    /// Marks the value as a secret, such as the text of a file with credentials.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Returns the table, if the value is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Returns the table mutably, if the value is one.
    pub(super) fn as_table_mut(&mut self) -> Option<&mut Table> {
        match &mut self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Returns the value at `path`, whose keys are joined by dots.
    pub fn get(&self, path: &str) -> Option<&Node> {
        at(self.as_table()?, path)
    }
}

/// Splits a path into its keys: `a.b`, or `a."b.c"` for a key that contains a dot.
pub(super) fn keys(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut quoted = false;
    for letter in path.chars() {
        match (letter, keys.last_mut()) {
            ('"', _) => quoted = !quoted,
            ('.', _) if !quoted => keys.push(String::new()),
            (letter, Some(key)) => key.push(letter),
            (_, None) => {}
        }
    }
    keys.retain(|key| !key.is_empty());
    keys
}

/// Returns the value at a path of a table.
pub(super) fn at<'a>(table: &'a Table, path: &str) -> Option<&'a Node> {
    let keys = keys(path);
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(table.get(first)?, |node, key| node.as_table()?.get(key))
}

/// Puts `node` at `path` of `table`. Values on the path that are not tables are replaced.
pub fn put(table: &mut Table, path: &str, node: Node) {
    let keys = keys(path);
    let Some((last, before)) = keys.split_last() else { return };
    let mut inner = table;
    for key in before {
        let empty = || Node::new(Table::new(), node.origin.clone());
        let next = inner.entry(key.clone()).or_insert_with(empty);
        if next.as_table().is_none() {
            *next = empty();
        }
        inner = next.as_table_mut().expect("made a table above");
    }
    inner.insert(last.clone(), node);
}

/// Removes the value at `path` of `table`, and the tables that become empty.
pub(super) fn remove(table: &mut Table, path: &str) {
    remove_keys(table, &keys(path));
}

fn remove_keys(table: &mut Table, keys: &[String]) {
    match keys {
        [] => {}
        [last] => drop(table.remove(last)),
        [first, rest @ ..] => {
            if let Some(inner) = table.get_mut(first).and_then(Node::as_table_mut) {
                remove_keys(inner, rest);
                if inner.is_empty() {
                    table.remove(first);
                }
            }
        }
    }
}

/// Merges `over` into `under`: tables are merged key by key, and everything else is replaced. A null replaces too, and is kept in
/// the result for later merges; readers treat it as absent.
pub fn merge(under: &mut Table, over: &Table) {
    for (key, node) in over {
        match (&node.value, under.get_mut(key)) {
            (Value::Table(over), Some(Node { value: Value::Table(under), .. })) => merge(under, over),
            _ => {
                under.insert(key.clone(), node.clone());
            }
        }
    }
}

/// Returns the value without its nulls.
pub(super) fn without_nulls(node: &Node) -> Node {
    let value = match &node.value {
        Value::Table(table) => {
            let there = table.iter().filter(|(_, node)| node.value != Value::Null);
            Value::Table(there.map(|(key, node)| (key.clone(), without_nulls(node))).collect())
        }
        other => other.clone(),
    };
    Node { value, ..node.clone() }
}

/// Returns `true` if both values are equal, regardless of their origins. A null equals an absent value.
pub(super) fn same(one: Option<&Node>, other: Option<&Node>) -> bool {
    let absent = |node: Option<&Node>| node.is_none_or(|node| node.value == Value::Null);
    match (one, other) {
        (Some(Node { value: Value::Table(one), .. }), Some(Node { value: Value::Table(other), .. })) => {
            one.keys().chain(other.keys()).all(|key| same(one.get(key), other.get(key)))
        }
        (Some(Node { value: Value::Array(one), .. }), Some(Node { value: Value::Array(other), .. })) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(Some(one), Some(other)))
        }
        (Some(one), Some(other)) if !absent(Some(one)) => one.value == other.value,
        _ => absent(one) && absent(other),
    }
}

impl Value {
    /// Returns the kind of the value, for messages: `a number`.
    pub fn what(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a switch",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Str(_) | Value::Text(_) => "text",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// Returns the text, if the value is a [`Str`](Value::Str) or a [`Text`](Value::Text).
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) | Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Formats the value as written in a file, with secrets masked.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            return f.write_str(super::secret::MASK);
        }
        match &self.value {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            // `{:?}` keeps the decimal point of whole numbers.
            Value::Float(value) => write!(f, "{value:?}"),
            Value::Str(text) | Value::Text(text) => f.write_str(&quoted(text)),
            Value::Array(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Value::Table(table) => {
                f.write_str("{")?;
                for (at, (key, node)) in table.iter().enumerate() {
                    write!(f, "{} {} = {node}", if at == 0 { "" } else { "," }, bare(key))?;
                }
                f.write_str(if table.is_empty() { "}" } else { " }" })
            }
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", self.origin)
    }
}

/// Formats only the kind of the value: without its [`Node`], the value may be a secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.what())
    }
}

/// Quotes a text for both TOML and JSON, without the credentials of URLs.
fn quoted(text: &str) -> String {
    serde_json::to_string(&text::without_logins(text)).unwrap_or_default()
}

/// Returns a key, quoted if necessary.
pub(super) fn bare(key: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !key.is_empty() && key.chars().all(plain) { key.to_owned() } else { quoted(key) }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Self {
        // Converted through its decimal digits: 0.1 stays 0.1.
        Value::Float(value.to_string().parse().unwrap_or(f64::from(value)))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Str(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Str(value)
    }
}

impl From<Table> for Value {
    fn from(value: Table) -> Self {
        Value::Table(value)
    }
}

impl From<Vec<Node>> for Value {
    fn from(value: Vec<Node>) -> Self {
        Value::Array(value)
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Value {
            fn from(value: $integer) -> Self {
                Value::Integer(value.into())
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 i128 u8 u16 u32 u64);

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        from_json(json, &declared()).value
    }
}

/// Converts a JSON value to a node with an origin.
pub fn from_json(json: serde_json::Value, origin: &Origin) -> Node {
    use serde_json::Value as Json;
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match number.as_i128() {
            Some(integer) => Value::Integer(integer),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Str(text),
        Json::Array(items) => Value::Array(items.into_iter().map(|item| from_json(item, origin)).collect()),
        Json::Object(fields) => {
            Value::Table(fields.into_iter().map(|(key, value)| (key, from_json(value, origin))).collect())
        }
    };
    Node::new(value, origin.clone())
}

/// Converts the value to JSON, with secrets in clear text: for conversion to another type, never for display.
pub(super) fn to_json(node: &Node) -> serde_json::Value {
    use serde_json::Value as Json;
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Integer(value) => {
            let fits = i64::try_from(*value).map(Json::from).or_else(|_| u64::try_from(*value).map(Json::from));
            fits.unwrap_or_else(|_| Json::String(value.to_string()))
        }
        Value::Float(value) => Json::from(*value),
        Value::Str(text) | Value::Text(text) => Json::String(text.clone()),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Table(table) => Json::Object(table.iter().map(|(key, node)| (key.clone(), to_json(node))).collect()),
    }
}

/// Origin of declared defaults.
pub(super) fn declared() -> Origin {
    Origin::new(Layer::Declared, "default")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: serde_json::Value, place: &str) -> Table {
        match from_json(json, &Origin::new(Layer::File, place)).value {
            Value::Table(table) => table,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tables_merge_lists_are_replaced_and_null_takes_away() {
        let mut under = table(serde_json::json!({"a": {"b": 1, "c": 2}, "list": [1, 2], "gone": {"x": 1}}), "under");
        let over = serde_json::json!({"a": {"c": 3, "d": null, "e": {"f": null, "g": 1}}, "list": [3], "gone": null});
        merge(&mut under, &table(over, "over"));
        let merged = without_nulls(&Node::new(under, declared()));
        let expected = serde_json::json!({"a": {"b": 1, "c": 3, "e": {"g": 1}}, "list": [3]});
        assert_eq!(to_json(&merged), expected);
        assert_eq!(merged.get("a.b").unwrap().origin.place(), "under");
        assert_eq!(merged.get("a.c").unwrap().origin.place(), "over");
    }

    #[test]
    fn sameness_is_of_values_and_not_of_places() {
        let node = |json, place: &str| Node::new(table(json, place), declared());
        let one = node(serde_json::json!({"a": {"b": [1, {"x": 2}], "none": null}}), "here");
        assert!(same(Some(&one), Some(&node(serde_json::json!({"a": {"b": [1, {"x": 2}]}, "c": null}), "there"))));
        assert!(!same(Some(&one), Some(&node(serde_json::json!({"a": {"b": [1]}}), "here"))));
        assert!(!same(Some(&one), Some(&node(serde_json::json!({"a": {"b": [1, {"x": 2}], "none": 1}}), "here"))));
        assert!(!same(Some(&one), None));
    }

    #[test]
    fn a_path_makes_the_tables_it_needs() {
        let mut table = Table::new();
        let origin = Origin::new(Layer::Code, "here");
        put(&mut table, "a", Node::new(1, origin.clone()));
        put(&mut table, "a.b.c", Node::new("x", origin.clone()));
        put(&mut table, "a.b.d", Node::new(true, origin.clone()).secret());
        assert_eq!(Node::new(table, origin).to_string(), r#"{ a = { b = { c = "x", d = *** } } }"#);
    }
}
