//! What a message is: a description, a way to walk over its fields, and a way to be built from them.

use std::cell::Cell;

use bytes::Bytes;

use super::text::{TextReader, TextWriter};
use super::wire::{Input, Writer, element_budget};
use super::{Entry, Field, MessageDesc, OneOf, OneOfSlot, Result, UnknownFields, oneof};

/// A value with protobuf bytes, JSON and a description; written by [`#[micro::message]`](macro@crate::message).
///
/// ```ignore
/// #[micro::message(package = "shop")]
/// struct Item { sku: String, count: u32 }
///
/// let item = Item { sku: "A-7".into(), count: 2 };
/// let bytes = item.encode_to_vec();
/// assert_eq!(Item::decode(&bytes)?.count, 2);
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

/// What is done with each field of a message: written to bytes, written to text.
pub trait Visit {
    /// A field and its value. `entry` describes it.
    fn field<T: Field<E>, E>(&mut self, entry: &'static Entry, tag: u32, value: &T);

    /// The variant that is set; `tags` has one tag per variant.
    fn oneof<T: OneOf>(&mut self, tags: &'static [u32], value: &T);

    /// The fields that were not known when the message was read.
    fn unknown(&mut self, fields: &UnknownFields);
}

/// Where a message is built from: bytes or text.
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

    /// The same for a oneof called `name` that must be there, unless its enum has an empty value.
    ///
    /// # Errors
    ///
    /// [`Missing`](super::ErrorKind::Missing) when none of its fields was there.
    fn finish_required_oneof<T: OneOf>(&mut self, name: &'static str, slot: OneOfSlot<T>) -> Result<T> {
        self.finish_oneof(slot)?.or_else(T::empty).ok_or_else(|| oneof::none_set::<T>().at(name))
    }

    /// Passes over a field that is not known, and keeps it where `keep` is given.
    ///
    /// # Errors
    ///
    /// When the input is malformed.
    fn unknown(&mut self, keep: Option<&mut UnknownFields>) -> Result<()>;
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
