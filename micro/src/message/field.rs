//! Types of fields: a value, an `Option` or a `Vec` of it, a map.

use super::encoding::{With, WithSingle};
use super::text::{Peek, TextReader, TextWriter};
use super::value::put_unpacked;
use super::wire::{Input, Reader, Writer};
use super::{Encoding, Field, Packing, Result, Shape, Unpacked, Value};

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
impl<T: Value<With<A>>, A> Field<WithSingle<A>> for T {
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
