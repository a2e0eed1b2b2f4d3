//! Messages as rows of records.

use super::oneof::WriteOne;
use super::{Input, Reader, Writer};
use crate::message::{Entry, Field, Message, OneOf, OneOfSlot, Result, Source, UnknownFields, Visit};

impl Input<'_> {
    /// Decodes these bytes as one message, a level deeper.
    pub fn message<M: Message>(&self) -> Result<M> {
        let mut reader = Reader::new(self.deeper()?, M::DESC);
        M::build(&mut reader).map_err(|error| error.at(reader.field_name()))
    }
}

impl Source for Reader<'_> {
    #[inline]
    fn next(&mut self) -> Result<Option<u32>> {
        self.next_tag()
    }

    #[inline]
    fn field<T: Field<E>, E>(&mut self, slot: &mut T::Slot) -> Result<()> {
        T::merge(slot, self)
    }

    #[inline]
    fn finish<T: Field<E>, E>(&mut self, tag: u32, slot: T::Slot) -> Result<T> {
        self.tag = tag;
        T::finish(slot, &self.input)
    }

    fn oneof<T: OneOf>(&mut self, slot: &mut OneOfSlot<T>, variant: usize) -> Result<()> {
        self.merge_oneof(slot, variant)
    }

    fn finish_oneof<T: OneOf>(&mut self, slot: OneOfSlot<T>) -> Result<Option<T>> {
        self.tag = 0;
        self.take_oneof(slot)
    }

    fn unknown(&mut self, keep: Option<&mut UnknownFields>) -> Result<()> {
        self.skip()?;
        if let Some(unknown) = keep {
            unknown.0.extend_from_slice(self.record());
        }
        Ok(())
    }
}

impl Visit for Writer<'_> {
    #[inline]
    fn field<T: Field<E>, E>(&mut self, _: &'static Entry, tag: u32, value: &T) {
        value.put(tag, self);
    }

    #[inline]
    fn oneof<T: OneOf>(&mut self, tags: &'static [u32], value: &T) {
        value.visit(WriteOne { tags, writer: self });
    }

    fn unknown(&mut self, fields: &UnknownFields) {
        self.raw(&fields.0);
    }
}
