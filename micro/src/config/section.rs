use super::declaration::{Field, SectionDesc};
use super::value::declared;
use super::{Node, Setting, Table, Value};

/// A struct of settings that stands at a prefix of its own. Written by `#[micro::config(prefix = "..")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` stands at no prefix of the configuration",
    label = "expected a struct marked `#[micro::config(prefix = \"..\")]`"
)]
pub trait Section: Setting + Send + Sync + 'static {
    /// Declaration of the struct.
    const DESC: SectionDesc;
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
