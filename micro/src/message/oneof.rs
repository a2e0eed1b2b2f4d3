//! Enums whose variants carry data.

use super::{Error, ErrorKind, FieldDesc, Message, Result, Source, Value, Visit};

/// An enum whose variants carry one value each: a protobuf `oneof`.
///
/// It is a message of its own, with a oneof called `value`, and can stand in a message with `#[message(oneof(..))]`, which
/// makes its variants fields of that message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no enum with data",
    label = "`#[message(oneof(..))]` wants an enum whose variants carry data, or an `Option` of one",
    note = "put `#[micro::message]` on the enum"
)]
pub trait OneOf: Sized {
    /// The variants as fields, in order.
    const VARIANTS: &'static [FieldDesc];

    /// Shows the variant that is set.
    fn visit<V: VisitOne>(&self, visitor: V);

    /// Builds the variant with this index, reading its content from `source`.
    ///
    /// # Errors
    ///
    /// Those of `source`.
    fn build<S: BuildOne>(variant: usize, source: S) -> Result<Self>;

    /// The variant that stands for none of them.
    fn empty() -> Option<Self> {
        None
    }
}

/// What is done with the variant that is set.
pub trait VisitOne {
    /// The index of the variant, and its content.
    fn variant<T: Value<E>, E>(self, index: usize, value: &T);

    /// The index of a variant with named fields, and the fields.
    fn fields<T: Fields>(self, index: usize, fields: &T);
}

/// The fields of a variant, which together are a message that is nowhere in one piece.
pub trait Fields {
    /// Shows every field to `visitor`, by ascending tag.
    fn visit<V: Visit>(&self, visitor: &mut V);
}

/// Where the content of a variant comes from.
pub trait BuildOne {
    /// Reads the content.
    ///
    /// # Errors
    ///
    /// When it is not of type `T`.
    fn variant<T: Value<E>, E>(self) -> Result<T>;
}

/// A field that holds a oneof: the enum, which must be there, or an `Option` of it.
pub trait OneOfField: Sized {
    /// The enum.
    type OneOf: OneOf;

    /// The variant that is set, if one is.
    fn get(&self) -> Option<&Self::OneOf>;

    /// Makes the field called `name` out of what was read.
    ///
    /// # Errors
    ///
    /// When what was read makes no value, or nothing was and something must be.
    fn finish<S: Source>(source: &mut S, name: &'static str, slot: OneOfSlot<Self::OneOf>) -> Result<Self>;
}

impl<T: OneOf> OneOfField for T {
    type OneOf = T;

    #[inline]
    fn get(&self) -> Option<&T> {
        Some(self)
    }

    fn finish<S: Source>(source: &mut S, name: &'static str, slot: OneOfSlot<T>) -> Result<T> {
        source.finish_required_oneof(name, slot)
    }
}

impl<T: OneOf> OneOfField for Option<T> {
    type OneOf = T;

    #[inline]
    fn get(&self) -> Option<&T> {
        self.as_ref()
    }

    fn finish<S: Source>(source: &mut S, _: &'static str, slot: OneOfSlot<T>) -> Result<Self> {
        source.finish_oneof(slot)
    }
}

/// What is kept of a oneof while its message is being read.
#[derive(Debug, Default)]
pub enum OneOfSlot<T> {
    /// Nothing was read.
    #[default]
    Empty,
    /// A variant that is a message, from bytes: where they begin and end in the message read.
    Range {
        /// The index of the variant.
        variant: usize,
        /// Where its bytes begin.
        start: usize,
        /// Where they end.
        end: usize,
    },
    /// A variant that is a message and was read several times: the bytes joined.
    Joined {
        /// The index of the variant.
        variant: usize,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A finished value.
    Value(T),
}

impl<T> OneOfSlot<T> {
    pub(super) fn into_value(self) -> Option<T> {
        match self {
            OneOfSlot::Value(value) => Some(value),
            _ => None,
        }
    }
}

/// Builds an enum that is a message of its own; `tags` has one tag per variant.
///
/// # Errors
///
/// Those of `source`, and [`ErrorKind::Missing`] when no variant is set and the enum has no empty one.
pub fn build_enum<T: OneOf + Message, S: Source>(source: &mut S, tags: &[u32]) -> Result<T> {
    let mut slot = OneOfSlot::Empty;
    while let Some(tag) = source.next()? {
        match tags.iter().position(|known| *known == tag) {
            Some(variant) => source.oneof(&mut slot, variant)?,
            None => source.unknown(None)?,
        }
    }
    source.finish_required_oneof("", slot)
}

#[cold]
pub(super) fn none_set<T: OneOf>() -> Error {
    let names: Vec<_> = T::VARIANTS.iter().map(|variant| variant.json).collect();
    Error::new(ErrorKind::Missing, format!("none of {} is set", names.join(", ")))
}
