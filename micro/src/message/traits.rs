//! The grammar of messages: a description, a way to walk over the fields, and a way to be built from them.
//!
//! Messages consist of fields and oneofs, which may hold messages, and both are shown to a [`Visit`] and made from a
//! [`Source`]. These traits speak of one another and of nothing outside of this file but values and formats; what
//! implements them has files of its own.

use std::cell::Cell;

use bytes::Bytes;

use super::text::{TextReader, TextWriter};
use super::wire::{Input, Reader, Writer, element_budget};
use super::{Auto, Entry, Error, ErrorKind, FieldDesc, MessageDesc, Result, Shape, UnknownFields, Value};

/// A value with protobuf bytes, JSON and a description; written by [`#[micro::message]`](macro@crate::message).
///
/// ```
/// use micro::message::Message;
///
/// #[micro::message(package = "shop")]
/// struct Item {
///     sku: String,
///     count: u32,
/// }
///
/// let item = Item { sku: "A-7".into(), count: 2 };
/// let bytes = item.encode_to_vec();
/// assert_eq!(Item::decode(&bytes)?.count, 2);
/// # Ok::<(), micro::Error>(())
/// ```
///
/// The three required items are generic over the format. Everything else follows from them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "put `#[micro::message]` on the type; `()` is the message without fields"
)]
pub trait Message: Sized + Send + 'static {
    /// The description.
    const DESC: &'static MessageDesc;

    /// Shows every field to `visitor`, by ascending tag.
    fn visit<V: Visit>(&self, visitor: &mut V);

    /// Builds a value from what `source` has.
    ///
    /// Fields may come in any order and more than once, so each is collected in a slot and finished at the end.
    ///
    /// # Errors
    ///
    /// Those of `source`, and [`Missing`](super::ErrorKind::Missing) for what must be there.
    fn build<S: Source>(source: &mut S) -> Result<Self>;

    /// Writes the value as text; types whose JSON is not an object of their fields have their own way.
    fn write_text(&self, writer: &mut TextWriter<'_>) {
        writer.message(self);
    }

    /// Reads what [`write_text`](Message::write_text) writes.
    ///
    /// # Errors
    ///
    /// When the text is not this message.
    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        reader.message()
    }

    /// The value that `null` stands for, where it does not stand for absence.
    fn null() -> Option<Self> {
        None
    }

    /// Appends the protobuf bytes to `out`. Equal values give equal bytes.
    fn encode(&self, out: &mut Vec<u8>) {
        self.visit(&mut Writer::new(out));
    }

    /// The protobuf bytes.
    fn encode_to_vec(&self) -> Vec<u8> {
        // Growing a small vector again and again costs more than writing to it. How much is behind the pointers of a
        // value is not known; a type with more fields has more there.
        let mut out = Vec::with_capacity((4 * size_of::<Self>()).clamp(64, 1024));
        self.encode(&mut out);
        out
    }

    /// Reads protobuf bytes.
    ///
    /// # Errors
    ///
    /// When the bytes are not this message, with the path to the field; [`Limit`](super::ErrorKind::Limit) when they are
    /// nested too deep or would become too large.
    fn decode(bytes: &[u8]) -> Result<Self> {
        let budget = Cell::new(element_budget(bytes.len()));
        Input::top(bytes, None, &budget).message()
    }

    /// Reads protobuf bytes; fields of type [`Bytes`] share `bytes` and are not copied.
    ///
    /// # Errors
    ///
    /// As [`decode`](Message::decode).
    fn decode_shared(bytes: &Bytes) -> Result<Self> {
        let budget = Cell::new(element_budget(bytes.len()));
        Input::top(bytes, Some(bytes), &budget).message()
    }
}

/// Visitor of the fields of a message: writes bytes or text.
pub trait Visit {
    /// A field and its value. `entry` describes it.
    fn field<T: Field<E>, E>(&mut self, entry: &'static Entry, tag: u32, value: &T);

    /// The variant that is set; `tags` has one tag per variant.
    fn oneof<T: OneOf>(&mut self, tags: &'static [u32], value: &T);

    /// The fields that were not known when the message was read.
    fn unknown(&mut self, fields: &UnknownFields);
}

/// Source from which a message is built: bytes or text.
pub trait Source: Sized {
    /// Goes to the next field and gives its tag; `None` at the end.
    ///
    /// # Errors
    ///
    /// When the input is malformed.
    fn next(&mut self) -> Result<Option<u32>>;

    /// Reads the current field into its slot.
    ///
    /// # Errors
    ///
    /// When it is not of type `T`.
    fn field<T: Field<E>, E>(&mut self, slot: &mut T::Slot) -> Result<()>;

    /// Makes the value of the field `tag` out of what was read.
    ///
    /// # Errors
    ///
    /// When what was read makes no value, or nothing was and there is no empty value.
    fn finish<T: Field<E>, E>(&mut self, tag: u32, slot: T::Slot) -> Result<T>;

    /// Reads the current field as a variant of a oneof.
    ///
    /// # Errors
    ///
    /// When it is not of the variant's type.
    fn oneof<T: OneOf>(&mut self, slot: &mut OneOfSlot<T>, variant: usize) -> Result<()>;

    /// Makes the oneof out of what was read; `None` when none of its fields was there.
    ///
    /// # Errors
    ///
    /// When what was read makes no value.
    fn finish_oneof<T: OneOf>(&mut self, slot: OneOfSlot<T>) -> Result<Option<T>>;

    /// Finishes a required oneof called `name`, unless its enum has an empty value.
    ///
    /// # Errors
    ///
    /// [`Missing`](super::ErrorKind::Missing) when none of its fields was there.
    fn finish_required_oneof<T: OneOf>(&mut self, name: &'static str, slot: OneOfSlot<T>) -> Result<T> {
        self.finish_oneof(slot)?.or_else(T::empty).ok_or_else(|| none_set::<T>().at(name))
    }

    /// Passes over a field that is not known, and keeps it where `keep` is given.
    ///
    /// # Errors
    ///
    /// When the input is malformed.
    fn unknown(&mut self, keep: Option<&mut UnknownFields>) -> Result<()>;
}

/// A field of a message, in the encoding `E`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a message (encoding `{E}`)",
    label = "neither a message, an enum, a scalar nor a collection of them in this encoding",
    note = "put `#[micro::message]` on it, or for a type of another crate `#[message(with = Adapter)]` on the field"
)]
pub trait Field<E = Auto>: Sized {
    /// State while a message is being read.
    type Slot: Default;
    /// Number and type of the values.
    const SHAPE: Shape;

    /// Writes the field with its keys.
    fn put(&self, tag: u32, writer: &mut Writer<'_>);

    /// Reads the current record into the slot.
    ///
    /// # Errors
    ///
    /// When the bytes are not of this type.
    fn merge(slot: &mut Self::Slot, reader: &mut Reader<'_>) -> Result<()>;

    /// Makes the value out of what was read.
    ///
    /// # Errors
    ///
    /// When what was read makes no value, or nothing was and there is no empty value.
    fn finish(slot: Self::Slot, input: &Input<'_>) -> Result<Self>;

    /// Returns `true` if there is a value to write.
    fn is_present(&self) -> bool;

    /// Writes it as text.
    fn write_member(&self, writer: &mut TextWriter<'_>);

    /// Reads text into the slot.
    ///
    /// # Errors
    ///
    /// When the text is not of this type.
    fn read_member(slot: &mut Self::Slot, reader: &mut TextReader<'_>) -> Result<()>;

    // Generated code names a field's type in five places, always as `<T as Field<E>>::..`: a type that is no field is
    // then one and the same error five times over, which the compiler prints once.

    /// [`Visit::field`], for generated code.
    #[doc(hidden)]
    #[inline]
    fn show<V: Visit>(&self, visitor: &mut V, entry: &'static Entry, tag: u32) {
        visitor.field::<Self, E>(entry, tag, self);
    }

    /// [`Source::field`], for generated code.
    #[doc(hidden)]
    #[inline]
    fn receive<S: Source>(slot: &mut Self::Slot, source: &mut S) -> Result<()> {
        source.field::<Self, E>(slot)
    }

    /// [`Source::finish`], for generated code.
    #[doc(hidden)]
    #[inline]
    fn complete<S: Source>(slot: Self::Slot, source: &mut S, tag: u32) -> Result<Self> {
        source.finish::<Self, E>(tag, slot)
    }
}

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

/// Visitor of the variant that is set.
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

/// Source of the content of a variant.
pub trait BuildOne {
    /// Reads the content.
    ///
    /// # Errors
    ///
    /// When it is not of type `T`.
    fn variant<T: Value<E>, E>(self) -> Result<T>;
}

/// State of a oneof while its message is being read.
#[derive(Debug, Default)]
pub enum OneOfSlot<T> {
    /// Not read.
    #[default]
    Empty,
    /// A variant that is a message, from bytes: where they begin and end in the message read.
    Range {
        /// The index of the variant.
        variant: usize,
        /// Start of its bytes.
        start: usize,
        /// End of its bytes.
        end: usize,
    },
    /// A variant that is a message and was read several times: the bytes joined.
    Joined {
        /// The index of the variant.
        variant: usize,
        /// Bytes.
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

#[cold]
fn none_set<T: OneOf>() -> Error {
    let names: Vec<_> = T::VARIANTS.iter().map(|variant| variant.json).collect();
    Error::new(ErrorKind::Missing, format!("none of {} is set", names.join(", ")))
}

/// A message on the heap. A message that contains itself needs one.
impl<M: Message> Message for Box<M> {
    const DESC: &'static MessageDesc = M::DESC;

    fn visit<V: Visit>(&self, visitor: &mut V) {
        M::visit(self, visitor);
    }

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        M::build(source).map(Box::new)
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        M::write_text(self, writer);
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        M::read_text(reader).map(Box::new)
    }

    fn null() -> Option<Self> {
        M::null().map(Box::new)
    }
}
