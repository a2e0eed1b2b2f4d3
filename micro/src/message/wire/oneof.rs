//! Oneofs in bytes: the last variant wins, and a message set twice is merged.

use super::{Input, Reader, WireType, Writer};
use crate::message::{BuildOne, Fields, OneOf, OneOfSlot, Result, Value, VisitOne};

impl Reader<'_> {
    pub(super) fn merge_oneof<T: OneOf>(&mut self, slot: &mut OneOfSlot<T>, variant: usize) -> Result<()> {
        if !T::VARIANTS[variant].is_one_message() {
            *slot = OneOfSlot::Value(T::build(variant, ReadOne(self))?);
            return Ok(());
        }
        self.expect(WireType::Len)?;
        let (start, end) = self.range()?;
        let bytes = self.input.bytes;
        *slot = match std::mem::take(slot) {
            OneOfSlot::Range { variant: before, start: first, end: last } if before == variant => {
                OneOfSlot::Joined { variant, bytes: [&bytes[first..last], &bytes[start..end]].concat() }
            }
            OneOfSlot::Joined { variant: before, bytes: mut joined } if before == variant => {
                joined.extend_from_slice(&bytes[start..end]);
                OneOfSlot::Joined { variant, bytes: joined }
            }
            _ => OneOfSlot::Range { variant, start, end },
        };
        Ok(())
    }

    pub(super) fn take_oneof<T: OneOf>(&self, slot: OneOfSlot<T>) -> Result<Option<T>> {
        let (variant, built) = match &slot {
            OneOfSlot::Range { variant, start, end } => {
                (*variant, T::build(*variant, ReadWhole(self.input.range(*start, *end))))
            }
            OneOfSlot::Joined { variant, bytes } => (*variant, T::build(*variant, ReadWhole(self.input.joined(bytes)))),
            OneOfSlot::Empty | OneOfSlot::Value(_) => return Ok(slot.into_value()),
        };
        built.map(Some).map_err(|error| error.at(T::VARIANTS[variant].json))
    }
}

/// Reads a variant from the current record.
struct ReadOne<'r, 'a>(&'r mut Reader<'a>);

impl BuildOne for ReadOne<'_, '_> {
    fn variant<T: Value<E>, E>(self) -> Result<T> {
        self.0.expect(T::WIRE)?;
        T::get(self.0)
    }
}

/// Reads a variant that is a message from the bytes kept for it.
struct ReadWhole<'a>(Input<'a>);

impl BuildOne for ReadWhole<'_> {
    fn variant<T: Value<E>, E>(self) -> Result<T> {
        T::whole(&self.0)
    }
}

/// Writes a variant with its key.
pub(super) struct WriteOne<'w, 'b> {
    pub(super) tags: &'static [u32],
    pub(super) writer: &'w mut Writer<'b>,
}

impl VisitOne for WriteOne<'_, '_> {
    fn variant<T: Value<E>, E>(self, index: usize, value: &T) {
        self.writer.key(self.tags[index], T::WIRE);
        value.put(self.writer);
    }

    fn fields<T: Fields>(self, index: usize, fields: &T) {
        self.writer.key(self.tags[index], WireType::Len);
        self.writer.nested(|writer| fields.visit(writer));
    }
}
