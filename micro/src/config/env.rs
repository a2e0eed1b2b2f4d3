//! Settings from environment variables: `GREETER_SALUTATION`, with `__` between the keys of nested values.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::declaration::SectionDesc;
use super::problem::Problem;
use super::schema::{self, SettingEntry, stem, upper};
use super::value::{bare, put};
use super::{Kind, Layer, Node, Origin, Table, Value};
use crate::util::text;

/// Settings from the environment.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) table: Table,
    pub(super) problems: Vec<Problem>,
    /// Variables that are probably misspelled, each with the nearest known name.
    pub(super) near: Vec<(String, String)>,
}

/// Reads the variables that are settings.
///
/// `prefix` belongs to the program: with `SHOP`, the variable `SHOP_GREETER__SALUTATION` sets `greeter.salutation`.
pub(super) fn read(
    variables: &[(OsString, OsString)],
    sections: &[&'static SectionDesc],
    prefix: Option<&str>,
) -> Environment {
    let mut read = EnvReading { variables, environment: Environment::default(), known: BTreeSet::new() };
    if let Some(prefix) = prefix {
        read.below(&format!("{}_", upper(prefix)), "");
    }
    for entry in schema::entries(sections) {
        read.entry(&entry);
    }
    read.note_near(sections);
    read.environment
}

struct EnvReading<'a> {
    variables: &'a [(OsString, OsString)],
    environment: Environment,
    known: BTreeSet<String>,
}

impl EnvReading<'_> {
    fn entry(&mut self, entry: &SettingEntry) {
        for name in entry.variables() {
            self.variable(&name, &entry.key, entry.field.secret);
            if let Kind::Map(_) | Kind::Any = (entry.field.kind)() {
                self.below(&format!("{name}__"), &entry.key);
            }
            self.known.insert(name);
        }
    }

    /// Reads the variable of this name as the setting at `key`.
    fn variable(&mut self, name: &str, key: &str, secret: bool) {
        let Some((_, value)) = self.variables.iter().find(|(variable, _)| variable.to_str() == Some(name)) else {
            return;
        };
        match value.to_str() {
            Some("") => {}
            Some(text) => self.put(name, key, text, secret),
            None => self.environment.problems.push(Problem::of(name, "is not UTF-8")),
        }
    }

    /// Reads every variable that starts with `stem` as a setting below `key`: `LIMITS__ADA` sets `limits.ada`.
    fn below(&mut self, stem: &str, key: &str) {
        let variables = self.variables;
        for (variable, value) in variables {
            let (Some(name), Some(text)) = (variable.to_str(), value.to_str()) else { continue };
            let Some(rest) = name.strip_prefix(stem).filter(|rest| !rest.is_empty() && !text.is_empty()) else {
                continue;
            };
            let below = rest.to_lowercase().split("__").map(bare).collect::<Vec<_>>().join(".");
            let key = if key.is_empty() { below } else { format!("{key}.{below}") };
            self.put(name, &key, text, false);
            self.known.insert(name.to_owned());
        }
    }

    fn put(&mut self, name: &str, key: &str, text: &str, secret: bool) {
        let node = Node::new(Value::Text(text.to_owned()), Origin::new(Layer::Environment, name));
        put(&mut self.environment.table, key, if secret { node.secret() } else { node });
    }

    // Other programs have variables too: only names with the prefix of a struct that are close to a known one are reported.
    fn note_near(&mut self, sections: &[&SectionDesc]) {
        let stems: Vec<String> = sections.iter().map(|section| stem(section)).collect();
        for name in self.variables.iter().filter_map(|(name, _)| name.to_str()) {
            let ours = stems.iter().any(|stem| name.starts_with(stem)) && !self.known.contains(name);
            if ours && let Some(near) = text::nearest(name, self.known.iter().map(String::as_str)) {
                self.environment.near.push((name.to_owned(), near.to_owned()));
            }
        }
    }
}
