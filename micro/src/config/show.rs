//! Settings as text, for people: what is in force, where it was written, and what that wins over.

use std::fmt::Write as _;

use super::configuration::Configuration;
use super::section::{Field, SectionDesc};
use super::setting::{self, Kind};
use super::value::{bare, declared};
use super::{Layer, Node, Table, Value, secret};
use crate::util::text;

/// What a documentation says before it goes into detail, on one line.
pub(super) fn first_paragraph(doc: &str) -> String {
    let lines = doc.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// The first sentence of a documentation, without its full stop.
pub(super) fn first_sentence(doc: &str) -> String {
    let paragraph = first_paragraph(doc);
    let sentence = paragraph.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.').to_owned()
}

/// A value as a variable or a flag would say it.
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

/// Every setting, as a TOML file that says where each value comes from.
pub(super) fn print(configuration: &Configuration) -> String {
    let mut text = String::from("# default < code < file < remote < environment < flag\n");
    let sections = configuration.sections();
    for section in sections.iter() {
        let _ = write!(text, "\n[{}]\n", section.prefix);
        let table = configuration.node(section.prefix);
        let shown = Shown { configuration, prefix: section.prefix };
        shown.fields(&mut text, section.fields, "", table.as_ref());
    }
    let strangers = strangers(&configuration.tree(), &sections);
    if !strangers.is_empty() {
        text.push_str("\n# known to nothing in this program\n");
    }
    for (key, node) in strangers {
        let _ = writeln!(text, "# {} = {node}  # {}", bare(&key), node.origin);
    }
    text
}

/// What stands at the top and belongs to no struct that is linked.
pub(super) fn strangers(table: &Table, sections: &[&'static SectionDesc]) -> Vec<(String, Node)> {
    let known = |key: &str| {
        sections.iter().any(|section| super::value::keys(section.prefix).first().is_some_and(|first| first == key))
    };
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
                (Kind::Section(inner), node) => self.fields(text, inner, &path, node),
                (Kind::Optional(inner), node @ Some(_)) => self.fields(text, inner, &path, node),
                (kind, None) => {
                    let words = if field.secret { "secret, not set" } else { "not set" };
                    line(text, &format!("# {path} = {}", kind.placeholder()), words);
                }
                (kind, Some(node)) => self.value(text, &path, node, kind),
            }
        }
        for (key, node) in table.into_iter().flatten() {
            if fields.iter().all(|field| field.name != *key) {
                line(text, &format!("# {} = {node}", joined(path, key)), &format!("{}; no such setting", node.origin));
            }
        }
    }

    /// A value; of a table each one for itself, since each may come from another place.
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

    /// Where it comes from, and what it wins over.
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

/// A value as a file would have it: text that stands for a number, a switch, a list or a table is one there.
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

/// The name of a setting in the environment, and behind it those that mean the same for people who come from elsewhere.
pub(super) fn variables(flag: &super::args::Flag) -> String {
    let mut names = super::env::names(flag.section, &flag.path, flag.field);
    let own = names.pop().unwrap_or_default();
    match names.is_empty() {
        true => own,
        false => format!("{own}, alias {}", names.join(", ")),
    }
}

/// How a setting that has to be set is set.
pub(super) fn way_to_set(path: &str) -> Option<String> {
    let sections: Vec<_> = super::linked().iter().map(|entry| entry.desc).collect();
    let flag = super::args::flags(&sections).into_iter().find(|flag| flag.key == path)?;
    let env = super::env::names(flag.section, &flag.path, flag.field).pop()?;
    Some(format!("set `{env}`, or `--{}`, or `{path}` in a file", flag.name))
}

/// A row of the table of settings in the documentation.
#[derive(Debug)]
pub struct Row {
    /// The key.
    pub key: String,
    /// The flag, with its dashes.
    pub flag: String,
    /// The name in the environment, and behind it those that mean the same.
    pub env: String,
    /// What it is where nothing says anything, as a flag would say it.
    pub default: String,
    /// What it is for.
    pub doc: String,
    /// Whether a change counts at once.
    pub live: bool,
}

/// Every setting of the structs that are linked, as rows of a table.
pub fn rows(configuration: &Configuration) -> Vec<Row> {
    let row = |flag: super::args::Flag| {
        let env = variables(&flag);
        let default = flag.field.default_node().unwrap_or_else(|| Node::new(Value::Null, declared()));
        debug_assert!(default.origin.layer() == Layer::Declared);
        Row {
            key: flag.key,
            flag: format!("--{}", flag.name),
            env,
            default: as_text(&default),
            doc: flag.field.doc.split_whitespace().collect::<Vec<_>>().join(" "),
            live: flag.field.reload == super::Reload::Live,
        }
    };
    super::args::flags(&configuration.sections()).into_iter().map(row).collect()
}
