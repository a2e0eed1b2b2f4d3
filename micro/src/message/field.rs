//! What can be a field: a value, an `Option` or a `Vec` of it, a map.

use super::encoding::{Alone, With};
use super::text::{Peek, TextReader, TextWriter};
use super::value::put_unpacked;
use super::wire::{Input, Reader, Writer};
use super::{Auto, Encoding, Entry, Packing, Result, Shape, Source, Unpacked, Value, Visit};

/// A field of a message, in the encoding `E`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a message (encoding `{E}`)",
    label = "neither a message, an enum, a scalar nor a collection of them in this encoding",
    note = "put `#[micro::message]` on it, or for a type of another crate `#[message(with = Adapter)]` on the field"
)]
pub trait Field<E = Auto>: Sized {
    /// What is kept while a message is being read.
    type Slot: Default;
    /// How many values of which type.
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

    /// Whether there is something to write.
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

/// Types that are one value and no collection; each is a field in every encoding it has as a value.
pub trait Single {}

#[diagnostic::do_not_recommend]
impl<T: Single + Value<E>, E: Encoding> Field<E> for T {
    type Slot = T::Slot;
    const SHAPE: Shape = Shape::One(T::TYPE);

    #[inline]
    fn put(&self, tag: u32, writer: &mut Writer<'_>) {
        put_single(self, tag, writer);
    }

    #[inline]
    fn merge(slot: &mut T::Slot, reader: &mut Reader<'_>) -> Result<()> {
        T::merge(slot, reader)
    }

    #[inline]
    fn finish(slot: T::Slot, input: &Input<'_>) -> Result<T> {
        finish_single(slot, input)
    }

    fn is_present(&self) -> bool {
        !self.is_empty()
    }

    fn write_member(&self, writer: &mut TextWriter<'_>) {
        self.write_value(writer);
    }

    fn read_member(slot: &mut T::Slot, reader: &mut TextReader<'_>) -> Result<()> {
        read_single::<T, E>(slot, reader)
    }
}

/// A foreign type that is carried by another, where the field is one of it.
#[diagnostic::do_not_recommend]
impl<T: Value<With<A>>, A> Field<Alone<A>> for T {
    type Slot = T::Slot;
    const SHAPE: Shape = Shape::One(T::TYPE);

    fn put(&self, tag: u32, writer: &mut Writer<'_>) {
        put_single(self, tag, writer);
    }

    fn merge(slot: &mut T::Slot, reader: &mut Reader<'_>) -> Result<()> {
        T::merge(slot, reader)
    }

    fn finish(slot: T::Slot, input: &Input<'_>) -> Result<T> {
        finish_single(slot, input)
    }

    fn is_present(&self) -> bool {
        !self.is_empty()
    }

    fn write_member(&self, writer: &mut TextWriter<'_>) {
        self.write_value(writer);
    }

    fn read_member(slot: &mut T::Slot, reader: &mut TextReader<'_>) -> Result<()> {
        read_single::<T, With<A>>(slot, reader)
    }
}

#[inline]
fn put_single<T: Value<E>, E>(value: &T, tag: u32, writer: &mut Writer<'_>) {
    if !value.is_empty() {
        writer.key(tag, T::WIRE);
        value.put(writer);
    }
}

#[inline]
fn finish_single<T: Value<E>, E>(slot: T::Slot, input: &Input<'_>) -> Result<T> {
    match T::take(slot, input)? {
        Some(value) => Ok(value),
        None => T::empty(input),
    }
}

/// Reads one value that may be absent: `null` is absence, unless the type has a null of its own.
fn read_single<T: Value<E>, E>(slot: &mut T::Slot, reader: &mut TextReader<'_>) -> Result<()> {
    let value = if reader.peek()? == Peek::Null {
        reader.null()?;
        T::null()
    } else {
        let value = T::read_value(reader);
        reader.unless_unknown(value)?
    };
    if let Some(value) = value {
        T::set(slot, value);
    }
    Ok(())
}

/// One or none: `None` is absence, the empty value is written.
impl<T: Value<E>, E: Encoding> Field<E> for Option<T> {
    type Slot = T::Slot;
    const SHAPE: Shape = Shape::Optional(T::TYPE);

    #[inline]
    fn put(&self, tag: u32, writer: &mut Writer<'_>) {
        if let Some(value) = self {
            writer.key(tag, T::WIRE);
            value.put(writer);
        }
    }

    #[inline]
    fn merge(slot: &mut T::Slot, reader: &mut Reader<'_>) -> Result<()> {
        T::merge(slot, reader)
    }

    #[inline]
    fn finish(slot: T::Slot, input: &Input<'_>) -> Result<Self> {
        T::take(slot, input)
    }

    fn is_present(&self) -> bool {
        self.is_some()
    }

    fn write_member(&self, writer: &mut TextWriter<'_>) {
        match self {
            Some(value) => value.write_value(writer),
            None => writer.null(),
        }
    }

    fn read_member(slot: &mut T::Slot, reader: &mut TextReader<'_>) -> Result<()> {
        read_single::<T, E>(slot, reader)
    }
}

/// A list; a `Vec<u8>` is bytes.
impl<T: Value<E>, E: Encoding> Field<E> for Vec<T> {
    type Slot = Vec<T>;
    const SHAPE: Shape = T::LIST;

    #[inline]
    fn put(&self, tag: u32, writer: &mut Writer<'_>) {
        T::put_list(self, tag, writer);
    }

    #[inline]
    fn merge(slot: &mut Vec<T>, reader: &mut Reader<'_>) -> Result<()> {
        T::merge_list(slot, reader)
    }

    #[inline]
    fn finish(slot: Vec<T>, _: &Input<'_>) -> Result<Self> {
        Ok(slot)
    }

    fn is_present(&self) -> bool {
        !self.is_empty()
    }

    fn write_member(&self, writer: &mut TextWriter<'_>) {
        T::write_list(self, writer);
    }

    fn read_member(slot: &mut Vec<T>, reader: &mut TextReader<'_>) -> Result<()> {
        if reader.peek()? == Peek::Null { reader.null() } else { T::read_list(slot, reader) }
    }
}

/// `#[message(unpacked)]`: one key per element. Reading takes both.
impl<T: Value<E>, E: Encoding> Field<Unpacked<E>> for Vec<T> {
    type Slot = Vec<T>;
    const SHAPE: Shape = Shape::Repeated(T::TYPE, Packing::Unpacked);

    fn put(&self, tag: u32, writer: &mut Writer<'_>) {
        put_unpacked(self, tag, writer);
    }

    fn merge(slot: &mut Vec<T>, reader: &mut Reader<'_>) -> Result<()> {
        T::merge_list(slot, reader)
    }

    fn finish(slot: Vec<T>, _: &Input<'_>) -> Result<Self> {
        Ok(slot)
    }

    fn is_present(&self) -> bool {
        !self.is_empty()
    }

    fn write_member(&self, writer: &mut TextWriter<'_>) {
        T::write_list(self, writer);
    }

    fn read_member(slot: &mut Vec<T>, reader: &mut TextReader<'_>) -> Result<()> {
        if reader.peek()? == Peek::Null { reader.null() } else { T::read_list(slot, reader) }
    }
}
