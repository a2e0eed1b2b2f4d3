//! Declarations of settings.

use std::fmt;

use super::value::{bare, declared, put};
use super::{Node, Table, Value};

/// Declaration of a struct of settings.
#[derive(Clone, Copy, Debug)]
pub struct SectionDesc {
    /// Name of the struct.
    pub name: &'static str,
    /// Path of the fields: `greeter`.
    pub prefix: &'static str,
    /// Documentation.
    pub doc: &'static str,
    /// Place of the declaration: `src/main.rs:12`.
    pub declared: &'static str,
    /// Settings of the struct.
    pub fields: &'static [Field],
}

/// A setting of a struct.
#[derive(Clone, Copy)]
pub struct Field {
    /// Key.
    pub name: &'static str,
    /// Documentation.
    pub doc: &'static str,
    /// Kind of the value.
    pub kind: fn() -> Kind,
    /// Default value.
    pub default: Option<fn() -> Value>,
    /// Additional environment variables. The variable derived from the path overrides these.
    pub env: &'static [&'static str],
    /// Flag without the dashes; `None` if it is derived from the path.
    pub flag: Option<&'static str>,
    /// `true` for a secret, which is never shown.
    pub secret: bool,
    /// Replacement of a deprecated setting.
    pub deprecated: Option<&'static str>,
    /// Time at which a change takes effect.
    pub reload: Reload,
}

/// Time at which a change of a setting takes effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reload {
    /// Immediately.
    #[default]
    Live,
    /// After a restart; until then the change is reported and the old value stays.
    Restart,
}

impl Field {
    /// Creates a setting with all other properties at their defaults.
    pub const fn new(name: &'static str, doc: &'static str, kind: fn() -> Kind) -> Self {
        Field {
            name,
            doc,
            kind,
            default: None,
            env: &[],
            flag: None,
            secret: false,
            deprecated: None,
            reload: Reload::Live,
        }
    }

    /// Returns the default value as a source would provide it.
    pub(super) fn default_node(&self) -> Option<Node> {
        let node = Node::new(self.default?(), declared());
        Some(if self.secret { node.secret() } else { node })
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("name", &self.name).field("kind", &(self.kind)()).finish_non_exhaustive()
    }
}

/// Kind of a setting's value.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// One value, with its placeholder in `--help`: `NUMBER`.
    One(&'static str),
    /// On or off.
    Switch,
    /// A choice between several words.
    Choice(&'static [Choice]),
    /// Several values of a kind.
    List(fn() -> Kind),
    /// Values of a kind, by key.
    Map(fn() -> Kind),
    /// A struct of settings.
    Section(&'static [Field]),
    /// An optional struct of settings, present once one of its settings is set.
    Optional(&'static [Field]),
    /// Any value that the type accepts through serde.
    Any,
}

/// One word of a [`Kind::Choice`].
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The word.
    pub name: &'static str,
    /// Meaning of the choice.
    pub doc: &'static str,
}

impl Kind {
    /// Returns the fields of a required or optional struct, unless `above` contains them: a recursive struct would have no end.
    pub(super) fn inner(&self, above: &[&'static [Field]]) -> Option<&'static [Field]> {
        let (Kind::Section(fields) | Kind::Optional(fields)) = *self else { return None };
        above.iter().all(|outer| !std::ptr::eq(*outer, fields)).then_some(fields)
    }

    /// Returns the placeholder of the value in `--help`.
    pub fn placeholder(&self) -> String {
        match self {
            Kind::One(word) => (*word).to_owned(),
            Kind::Switch => "on|off".to_owned(),
            Kind::Choice(choices) => choices.iter().map(|choice| choice.name).collect::<Vec<_>>().join("|"),
            Kind::List(item) => format!("{},..", item().placeholder()),
            Kind::Map(item) => format!("KEY={},..", item().placeholder()),
            Kind::Section(_) | Kind::Optional(_) | Kind::Any => "VALUE".to_owned(),
        }
    }
}

/// Returns the declared defaults of all these structs.
pub(super) fn declarations(sections: &[&SectionDesc]) -> Table {
    let mut table = Table::new();
    for section in sections {
        put_defaults(&mut table, section.prefix, section.fields);
    }
    table
}

fn put_defaults(table: &mut Table, path: &str, fields: &[Field]) {
    for field in fields {
        let path = format!("{path}.{}", bare(field.name));
        match (field.default_node(), (field.kind)()) {
            (Some(node), _) => put(table, &path, node),
            (None, Kind::Section(fields)) => put_defaults(table, &path, fields),
            _ => {}
        }
    }
}

/// Marks the values that these structs declare as secrets, regardless of their origin.
pub(super) fn mark_secrets(table: &mut Table, sections: &[&SectionDesc]) {
    for section in sections {
        let keys = super::value::keys(section.prefix);
        let inner = keys.split_last().and_then(|(last, before)| {
            before.iter().try_fold(&mut *table, |table, key| table.get_mut(key)?.as_table_mut())?.get_mut(last)
        });
        if let Some(node) = inner {
            mark(node, Kind::Section(section.fields));
        }
    }
}

fn mark(node: &mut Node, kind: Kind) {
    match (kind, &mut node.value) {
        (Kind::Section(fields) | Kind::Optional(fields), Value::Table(table)) => {
            for field in fields {
                if let Some(node) = table.get_mut(field.name) {
                    node.secret |= field.secret;
                    mark(node, (field.kind)());
                }
            }
        }
        (Kind::Map(inner), Value::Table(table)) => table.values_mut().for_each(|node| mark(node, inner())),
        (Kind::List(inner), Value::Array(items)) => items.iter_mut().for_each(|node| mark(node, inner())),
        _ => {}
    }
}
