use super::declaration::{Field, SectionDesc};
use super::value::declared;
use super::{Node, Setting, Table, Value};

/// A struct of settings with its own prefix. Implemented by `#[micro::config(prefix = "..")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no configuration prefix",
    label = "expected a struct marked `#[micro::config(prefix = \"..\")]`"
)]
pub trait Section: Setting + Send + Sync + 'static {
    /// Declaration of the struct.
    const DESC: SectionDesc;
}

/// Creates the struct with its declared defaults. For code that `#[micro::config]` generates.
///
/// # Panics
///
/// If a declared default is not valid for its field.
pub fn declared_default<T: Setting>() -> T {
    let (value, reader) = super::fields::read::<T>("", None);
    value.unwrap_or_else(|| {
        let problems: Vec<String> = reader.problems.iter().map(ToString::to_string).collect();
        panic!("the defaults of `{}` cannot be used: {}", std::any::type_name::<T>(), problems.join("; "))
    })
}

/// Returns the value of a struct as written in a file. For code that `#[micro::config]` generates.
pub fn write_section<const N: usize>(fields: &'static [Field], values: [Value; N]) -> Value {
    let node = |(field, value): (&Field, Value)| {
        let node = Node::new(value, declared());
        (field.name.to_owned(), if field.secret { node.secret() } else { node })
    };
    Value::Table(fields.iter().zip(values).map(node).collect::<Table>())
}
