//! Types of settings, and functions that read and write them.

mod collections;
mod parts;
mod plain;
mod scalars;

pub(super) use parts::{items_of, table_of};
pub use plain::SerdeSetting;

use super::reader::Reader;
use super::{Kind, Node, Value};

/// A type of a field of a `#[micro::config]` struct.
///
/// Implemented for numbers, `bool`, `char`, `String`, [`Duration`](std::time::Duration) (`"30s"`), paths, network addresses,
/// [`Secret`](super::Secret), `Option`, lists, sets, maps with text keys, and every type marked `#[micro::config]`. Any other
/// type is supported through serde's `Serialize` and `Deserialize`.
///
/// Implement `Setting` for a type with a text format of its own:
///
/// ```
/// use micro::config::{Kind, Node, Reader, Setting, Value};
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// struct Percent(u8);
///
/// impl Setting for Percent {
///     fn kind() -> Kind {
///         Kind::One("PERCENT")
///     }
///
///     fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
///         let number = node.value.as_str().and_then(|text| text.strip_suffix('%')?.parse().ok());
///         match number.filter(|number| *number <= 100) {
///             Some(number) => Some(Percent(number)),
///             None => reader.refuse(node, "a share like `20%`"),
///         }
///     }
///
///     fn write(&self) -> Value {
///         format!("{}%", self.0).into()
///     }
/// }
/// ```
pub trait Setting: Sized {
    /// `true` if values are secrets, whatever the field declares.
    const SECRET: bool = false;

    /// Returns the kind of the value, for `--help` and the names of environment variables.
    fn kind() -> Kind;

    /// Reads the value, or reports the problem to `reader` and returns `None`.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// Returns the value as written in a file; [`read`](Self::read) converts it back to an equal value.
    fn write(&self) -> Value;

    /// Returns the value of a setting that is not set. The default implementation reports a problem and returns `None`.
    fn absent(reader: &mut Reader) -> Option<Self> {
        reader.missing()
    }
}

/// Functions that read and write fields of a type.
pub struct FieldFns<T> {
    /// See [`Setting::kind`].
    pub kind: fn() -> Kind,
    /// See [`Setting::read`].
    pub read: fn(&Node, &mut Reader) -> Option<T>,
    /// See [`Setting::write`].
    pub write: fn(&T) -> Value,
    /// See [`Setting::absent`].
    pub absent: fn(&mut Reader) -> Option<T>,
}

/// Selector of the [`FieldFns`] of a type: `FieldCodec::<T>::driver()` uses its [`Setting`] implementation, or else serde,
/// through [`SerdeFallback`].
#[derive(Debug)]
pub struct FieldCodec<T>(std::marker::PhantomData<T>);

impl<T: Setting> FieldCodec<T> {
    /// `true` if values are secrets.
    pub const SECRET: bool = T::SECRET;

    /// Returns the functions that read and write the type.
    pub fn driver() -> FieldFns<T> {
        FieldFns { kind: T::kind, read: T::read, write: T::write, absent: T::absent }
    }
}

/// The fallback of [`FieldCodec`]. Every type has it, so the compiler error for a type that supports neither names both options.
pub trait SerdeFallback {
    /// The type.
    type Field;

    /// `true` if values are secrets.
    const SECRET: bool = false;

    /// Returns the functions that read and write the type.
    fn driver() -> FieldFns<Self::Field>
    where
        Self::Field: SerdeSetting,
    {
        FieldFns { kind: || Kind::Any, read: plain::read, write: plain::write, absent: plain::absent }
    }
}

impl<T> SerdeFallback for FieldCodec<T> {
    type Field = T;
}

#[cfg(test)]
mod tests;
