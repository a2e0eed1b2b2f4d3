//! A message as a field of another: its bytes are kept until the end, then decoded once.
//!
//! Merging two occurrences of a message is the same as decoding their bytes joined. So the slot of a nested message keeps
//! where its bytes are, and a second occurrence joins them; nothing needs to be half built.

use super::text::{TextReader, TextWriter};
use super::wire::{Input, Reader, WireType, Writer};
use super::{Error, ErrorKind, Message, Result, Single, Type, Value};

/// State of a nested message while the outer one is being read.
#[derive(Debug, Default)]
pub enum MessageSlot<M> {
    /// Not read.
    #[default]
    Empty,
    /// Read once from bytes: the range in the outer message.
    Range(usize, usize),
    /// Read several times: the bytes joined.
    Joined(Vec<u8>),
    /// Read from text.
    Value(M),
}

impl<M: Message> Single for M {}

#[diagnostic::do_not_recommend]
impl<M: Message> Value for M {
    const TYPE: Type = Type::Message(|| M::DESC);
    const WIRE: WireType = WireType::Len;
    type Slot = MessageSlot<M>;

    #[inline]
    fn put(&self, writer: &mut Writer<'_>) {
        writer.nested(|writer| self.visit(writer));
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self> {
        let chunk = reader.chunk()?;
        reader.input().part(chunk).message()
    }

    fn empty(input: &Input<'_>) -> Result<Self> {
        // The depth shrinks on the way, so a type that requires itself ends here too.
        input
            .part(&[])
            .message()
            .map_err(|_| Error::new(ErrorKind::Missing, format!("missing, and `{}` has no empty value", M::DESC.name)))
    }

    fn write_value(&self, writer: &mut TextWriter<'_>) {
        self.write_text(writer);
    }

    fn read_value(reader: &mut TextReader<'_>) -> Result<Self> {
        M::read_text(reader)
    }

    fn null() -> Option<Self> {
        <M as Message>::null()
    }

    fn merge(slot: &mut MessageSlot<M>, reader: &mut Reader<'_>) -> Result<()> {
        reader.expect(WireType::Len)?;
        let (start, end) = reader.range()?;
        let bytes = reader.input().bytes();
        *slot = match std::mem::take(slot) {
            MessageSlot::Range(first, last) => MessageSlot::Joined([&bytes[first..last], &bytes[start..end]].concat()),
            MessageSlot::Joined(mut joined) => {
                joined.extend_from_slice(&bytes[start..end]);
                MessageSlot::Joined(joined)
            }
            MessageSlot::Empty | MessageSlot::Value(_) => MessageSlot::Range(start, end),
        };
        Ok(())
    }

    fn set(slot: &mut MessageSlot<M>, value: Self) {
        *slot = MessageSlot::Value(value);
    }

    fn take(slot: MessageSlot<M>, input: &Input<'_>) -> Result<Option<Self>> {
        match slot {
            MessageSlot::Empty => Ok(None),
            MessageSlot::Value(value) => Ok(Some(value)),
            MessageSlot::Range(start, end) => input.range(start, end).message().map(Some),
            MessageSlot::Joined(bytes) => input.joined(&bytes).message().map(Some),
        }
    }

    fn whole(input: &Input<'_>) -> Result<Self> {
        input.message()
    }
}
