use std::any::TypeId;
use std::fmt;

use super::setting::Kind;
use super::value::declared;
use super::{Node, Setting, Table, Value};

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
    /// The type of its [`Config`](super::Config).
    pub config: fn() -> TypeId,
    /// What it says about itself.
    pub desc: fn() -> &'static SectionDesc,
    /// Its `Config`, once it has been read, with its type erased.
    pub open: fn(&super::Configuration) -> crate::errors::Result<std::sync::Arc<dyn std::any::Any + Send + Sync>>,
}

inventory::collect!(SectionEntry);

/// The value of a struct as a file would have it: for the code that `#[micro::config]` writes.
pub fn write_section<const N: usize>(fields: &'static [Field], values: [Value; N]) -> Value {
    let node = |(field, value): (&Field, Value)| {
        let node = Node::new(value, declared());
        (field.name.to_owned(), if field.secret { node.secret() } else { node })
    };
    Value::Table(fields.iter().zip(values).map(node).collect::<Table>())
}
