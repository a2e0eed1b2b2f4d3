//! What variables of the environment set: `GREETER_SALUTATION`, and `__` between the keys of what is nested.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::reader::Problem;
use super::section::{Field, SectionDesc};
use super::setting::Kind;
use super::value::{bare, put};
use super::{Layer, Node, Origin, Table, Value};
use crate::util::text;

/// The environment, as settings.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) table: Table,
    pub(super) problems: Vec<Problem>,
    /// Variables that nearly have the name of a setting, with that name.
    pub(super) near: Vec<(String, String)>,
}

/// The name that the settings of a struct begin with: `acme.greeter` becomes `ACME_GREETER_`.
fn stem(section: &SectionDesc) -> String {
    format!("{}_", upper(section.prefix))
}

fn upper(name: &str) -> String {
    name.to_uppercase().replace(['-', '.'], "_")
}

/// Every name of a setting, the one that wins last. `path` is its path below the prefix.
pub(super) fn names(section: &SectionDesc, path: &[&str], field: &Field) -> Vec<String> {
    let own = stem(section) + &path.iter().map(|key| upper(key)).collect::<Vec<_>>().join("__");
    field.env.iter().map(|name| (*name).to_owned()).chain([own]).collect()
}

/// Reads the variables that set something.
///
/// `prefix` is the program's own: `SHOP` makes `SHOP_GREETER__SALUTATION` set `greeter.salutation`.
pub(super) fn read(variables: &[(OsString, OsString)], sections: &[&SectionDesc], prefix: Option<&str>) -> Environment {
    let mut read = Reading { variables, environment: Environment::default(), known: BTreeSet::new() };
    if let Some(prefix) = prefix {
        read.below(&format!("{}_", upper(prefix)), "");
    }
    for section in sections {
        read.fields(section, section.fields, &mut vec![], &mut vec![]);
    }
    read.note_near(sections);
    read.environment
}

struct Reading<'a> {
    variables: &'a [(OsString, OsString)],
    environment: Environment,
    known: BTreeSet<String>,
}

impl Reading<'_> {
    fn fields(
        &mut self,
        section: &SectionDesc,
        fields: &'static [Field],
        path: &mut Vec<&'static str>,
        above: &mut Vec<&'static [Field]>,
    ) {
        above.push(fields);
        for field in fields {
            path.push(field.name);
            let key = [section.prefix].into_iter().chain(path.iter().copied()).collect::<Vec<_>>().join(".");
            for name in names(section, path, field) {
                self.variable(&name, &key, field.secret);
                match (field.kind)() {
                    Kind::Map(_) | Kind::Any => self.below(&format!("{name}__"), &key),
                    _ => {}
                }
                self.known.insert(name);
            }
            if let Some(inner) = (field.kind)().inner(above) {
                self.fields(section, inner, path, above);
            }
            path.pop();
        }
        above.pop();
    }

    /// Takes the variable of this name for the setting at `key`.
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

    /// Takes every variable that begins with `stem` for what stands below `key`: `LIMITS__ADA` sets `limits.ada`.
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

    // Others have variables too, so only what can hardly be anything else is a slip.
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
