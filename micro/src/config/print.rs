//! Text form of all settings: the values in force, their origins, and the values they override.

use std::fmt::Write as _;

use super::declaration::{Field, SectionDesc};
use super::setting;
use super::value::{bare, keys};
use super::{Configuration, Kind, Node, Table, Value};

/// Formats every setting as a TOML file, with the origin of each value.
pub(super) fn print(configuration: &Configuration) -> String {
    let mut text = String::from("# default < code < file < remote < environment < flag\n");
    let sections = configuration.sections();
    // Structs of one prefix are adjacent, and form one table.
    for sections in sections.chunk_by(|one, other| one.prefix == other.prefix) {
        let prefix = sections[0].prefix;
        let _ = write!(text, "\n[{prefix}]\n");
        let table = configuration.node(prefix);
        let shown = Shown { configuration, prefix };
        sections.iter().for_each(|section| shown.fields(&mut text, section.fields, "", table.as_ref()));
        let known = |key: &str| sections.iter().flat_map(|section| section.fields).any(|field| field.name == key);
        shown.unknown(&mut text, "", table.as_ref(), known);
    }
    let strangers = strangers(&configuration.tree(), &sections);
    if !strangers.is_empty() {
        text.push_str("\n# unknown to this program\n");
    }
    for (key, node) in strangers {
        let _ = writeln!(text, "# {} = {node}  # {}", bare(&key), node.origin);
    }
    text
}

/// Returns the top-level keys that belong to no linked struct.
pub(super) fn strangers(table: &Table, sections: &[&'static SectionDesc]) -> Vec<(String, Node)> {
    let known =
        |key: &str| sections.iter().any(|section| keys(section.prefix).first().is_some_and(|first| first == key));
    let strange = table.iter().filter(|(key, node)| !known(key) && node.value != Value::Null);
    strange.map(|(key, node)| (key.clone(), node.clone())).collect()
}

struct Shown<'a> {
    configuration: &'a Configuration,
    prefix: &'a str,
}

impl Shown<'_> {
    fn fields(&self, text: &mut String, fields: &'static [Field], path: &str, node: Option<&Node>) {
        let table = node.and_then(Node::as_table);
        for field in fields {
            let path = joined(path, field.name);
            let node = table.and_then(|table| table.get(field.name));
            match ((field.kind)(), node) {
                (Kind::Section(inner), node) => self.inner(text, inner, &path, node),
                (Kind::Optional(inner), node @ Some(_)) => self.inner(text, inner, &path, node),
                (kind, None) => {
                    let words = if field.secret { "secret, not set" } else { "not set" };
                    line(text, &format!("# {path} = {}", kind.placeholder()), words);
                }
                (kind, Some(node)) => self.value(text, &path, node, kind),
            }
        }
    }

    /// Prints a nested struct.
    fn inner(&self, text: &mut String, fields: &'static [Field], path: &str, node: Option<&Node>) {
        self.fields(text, fields, path, node);
        self.unknown(text, path, node, |key| fields.iter().any(|field| field.name == key));
    }

    /// Prints keys that no field has.
    fn unknown(&self, text: &mut String, path: &str, node: Option<&Node>, known: impl Fn(&str) -> bool) {
        for (key, node) in node.and_then(Node::as_table).into_iter().flatten().filter(|(key, _)| !known(key)) {
            line(text, &format!("# {} = {node}", joined(path, key)), &format!("{}; no such setting", node.origin));
        }
    }

    /// Prints a value. Each entry of a table has its own line, because its origin may differ.
    fn value(&self, text: &mut String, path: &str, node: &Node, kind: Kind) {
        match (&node.value, kind) {
            (Value::Table(table), _) if !table.is_empty() && !node.secret => {
                let inner = |key: &str| match kind {
                    Kind::Map(inner) => inner(),
                    Kind::Section(fields) | Kind::Optional(fields) => {
                        fields.iter().find(|field| field.name == key).map_or(Kind::Any, |field| (field.kind)())
                    }
                    _ => Kind::Any,
                };
                for (key, node) in table {
                    self.value(text, &joined(path, key), node, inner(key));
                }
            }
            _ => {
                let comment = if node.secret { "# " } else { "" };
                line(text, &format!("{comment}{path} = {}", written(node, kind)), &self.origins(path, kind));
            }
        }
    }

    /// Returns the origin of a value, and the values it overrides.
    fn origins(&self, path: &str, kind: Kind) -> String {
        let said = self.configuration.said_of(&format!("{}.{path}", self.prefix));
        let mut words = String::new();
        for (at, node) in said.iter().enumerate() {
            let _ = match at {
                0 => write!(words, "{}", node.origin),
                1 => write!(words, ", over {} ({})", written(node, kind), node.origin),
                _ => write!(words, ", {} ({})", written(node, kind), node.origin),
            };
        }
        words
    }
}

fn line(text: &mut String, setting: &str, comment: &str) {
    let _ = writeln!(text, "{setting:<40}  # {comment}");
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { bare(key) } else { format!("{path}.{}", bare(key)) }
}

/// Formats a value as written in a file: text that represents a number, a boolean, a list or a table is printed as one.
fn written(node: &Node, kind: Kind) -> String {
    let Value::Text(text) = &node.value else { return node.to_string() };
    let value = match (kind, text.trim()) {
        _ if node.secret => None,
        (Kind::Switch, "on" | "yes" | "1") => Some(Value::Bool(true)),
        (Kind::Switch, "off" | "no" | "0") => Some(Value::Bool(false)),
        (Kind::Switch | Kind::One("NUMBER"), text) => return text.to_owned(),
        (Kind::List(_), _) => setting::items_of(node).map(|items| Value::Array(items.into_owned())),
        (Kind::Map(_), _) => setting::table_of(node).map(|table| Value::Table(table.into_owned())),
        _ => None,
    };
    value.map_or_else(|| node.to_string(), |value| Node { value, ..node.clone() }.to_string())
}
