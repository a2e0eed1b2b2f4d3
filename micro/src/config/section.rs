use std::any::{Any, TypeId};
use std::sync::Arc;

use super::declaration::{Field, SectionDesc};
use super::value::declared;
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

/// The struct as its declaration alone has it: for the code that `#[micro::config]` writes.
///
/// # Panics
///
/// When a declared default is none for its field.
pub fn declared_default<T: Setting>() -> T {
    let (value, reader) = super::fields::read::<T>("", None);
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
