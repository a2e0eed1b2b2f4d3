use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use super::setting::Kind;
use super::value::{bare, declared};
use super::{Config, Configuration, Node, Reader, Setting, Table, Value};
use crate::errors::Result;

/// A struct of settings that stands at a prefix of its own. Written by `#[micro::config(prefix = "..")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` stands at no prefix of the configuration",
    label = "expected a struct marked `#[micro::config(prefix = \"..\")]`"
)]
pub trait Section: Setting + Send + Sync + 'static {
    /// What it says about itself.
    const DESC: SectionDesc;
}

/// What a struct of settings says about itself.
#[derive(Clone, Copy, Debug)]
pub struct SectionDesc {
    /// The name of the struct.
    pub name: &'static str,
    /// The path its fields stand at: `greeter`.
    pub prefix: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Where it is declared: `src/main.rs:12`.
    pub declared: &'static str,
    /// Its settings.
    pub fields: &'static [Field],
}

/// One setting of a struct.
#[derive(Clone, Copy)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// What kind of value it has.
    pub kind: fn() -> Kind,
    /// What it is where nothing says anything.
    pub default: Option<fn() -> Value>,
    /// Other names in the environment. The one made of its path wins over these.
    pub env: &'static [&'static str],
    /// Its flag without the dashes, where that is not made of its path.
    pub flag: Option<&'static str>,
    /// Whether it is shown nowhere.
    pub secret: bool,
    /// What to use in its place.
    pub deprecated: Option<&'static str>,
    /// When a change of it counts.
    pub reload: Reload,
}

/// When a change of a setting counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reload {
    /// At once.
    #[default]
    Live,
    /// When the program starts the next time; until then the change is reported and the old value stays.
    Restart,
}

impl Field {
    /// A setting about which nothing else is said.
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

    /// What it is where nothing says anything, as a source would have it.
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

/// A struct of settings that is linked into the program.
#[derive(Debug)]
pub struct SectionEntry {
    pub(crate) config: fn() -> TypeId,
    pub(super) desc: &'static SectionDesc,
    pub(super) examine: fn(&Configuration) -> Reader,
    pub(crate) open: fn(&Configuration) -> Result<Arc<dyn Any + Send + Sync>>,
}

impl SectionEntry {
    /// The struct `T`.
    pub const fn of<T: Section>() -> Self {
        SectionEntry {
            config: TypeId::of::<Config<T>>,
            desc: &T::DESC,
            examine: Configuration::examine::<T>,
            open: |configuration| Ok(Arc::new(configuration.of::<T>()?)),
        }
    }

    /// The path its settings stand at.
    pub(crate) fn prefix(&self) -> &'static str {
        self.desc.prefix
    }
}

inventory::collect!(SectionEntry);

/// Every struct that is linked, by its prefix.
pub(crate) fn linked() -> Vec<&'static SectionEntry> {
    let mut entries: Vec<&SectionEntry> = inventory::iter::<SectionEntry>.into_iter().collect();
    entries.sort_by_key(|entry| (entry.desc.prefix, entry.desc.name));
    entries
}

/// What the declarations of all these structs say.
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
            (Some(node), _) => super::value::put(table, &path, node),
            (None, Kind::Section(fields)) => put_defaults(table, &path, fields),
            _ => {}
        }
    }
}

/// Marks what these structs call a secret, wherever it was written.
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

/// The struct as its declaration alone has it: for the code that `#[micro::config]` writes.
///
/// # Panics
///
/// When a declared default is none for its field.
pub fn declared_default<T: Setting>() -> T {
    let (value, reader) = super::reader::read::<T>("", None);
    value.unwrap_or_else(|| {
        let problems: Vec<String> = reader.problems.iter().map(ToString::to_string).collect();
        panic!("the defaults of `{}` cannot be used: {}", std::any::type_name::<T>(), problems.join("; "))
    })
}

/// The value of a struct as a file would have it: for the code that `#[micro::config]` writes.
pub fn write_section<const N: usize>(fields: &'static [Field], values: [Value; N]) -> Value {
    let node = |(field, value): (&Field, Value)| {
        let node = Node::new(value, declared());
        (field.name.to_owned(), if field.secret { node.secret() } else { node })
    };
    Value::Table(fields.iter().zip(values).map(node).collect::<Table>())
}
