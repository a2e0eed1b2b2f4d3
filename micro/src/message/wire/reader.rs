//! Reading: one record after the other from a contiguous slice.

use bytes::Bytes;

use super::{Input, WireType, too_deep};
use crate::message::{Error, MessageDesc, Result};

/// Reads the records of one message.
#[derive(Debug)]
pub struct Reader<'a> {
    pub(super) input: Input<'a>,
    pub(super) position: usize,
    wire: WireType,
    // The tag of the field being read or finished, to name it in errors; 0 between fields.
    pub(super) tag: u32,
    // Where the key of the current record began, to keep unknown records whole.
    key_at: usize,
    desc: &'static MessageDesc,
}

impl<'a> Reader<'a> {
    pub(in crate::message) fn new(input: Input<'a>, desc: &'static MessageDesc) -> Self {
        Reader { input, position: 0, wire: WireType::Varint, tag: 0, key_at: 0, desc }
    }

    /// The bytes being read and what they inherit.
    pub fn input(&self) -> Input<'a> {
        self.input
    }

    /// The wire type of the current record.
    pub fn wire(&self) -> WireType {
        self.wire
    }

    /// Sets the wire type of values that follow one another without keys.
    pub(in crate::message) fn set_wire(&mut self, wire: WireType) {
        self.wire = wire;
    }

    /// Returns `true` if everything has been read.
    #[inline]
    pub fn at_end(&self) -> bool {
        self.position >= self.input.bytes.len()
    }

    /// The JSON name of the field being read; empty between fields.
    pub(super) fn field_name(&self) -> &'static str {
        if self.tag == 0 { "" } else { self.desc.json_name(self.tag) }
    }

    /// Reads the next key; `None` at the end.
    #[inline]
    pub(in crate::message) fn next_tag(&mut self) -> Result<Option<u32>> {
        self.tag = 0;
        if self.at_end() {
            return Ok(None);
        }
        self.tag = self.key()?;
        Ok(Some(self.tag))
    }

    #[inline]
    fn key(&mut self) -> Result<u32> {
        self.key_at = self.position;
        let key = self.varint()?;
        let tag = key >> 3;
        // Field numbers have 29 bits.
        if tag == 0 || tag > 0x1fff_ffff {
            return Err(Error::malformed("field number out of range"));
        }
        self.wire = WireType::of_key(key).ok_or_else(|| Error::malformed("wire types 6 and 7 do not exist"))?;
        Ok(tag as u32)
    }

    /// Refuses a record of another wire type.
    #[inline]
    pub fn expect(&self, wire: WireType) -> Result<()> {
        if self.wire == wire { Ok(()) } else { Err(self.mismatch(wire)) }
    }

    #[cold]
    fn mismatch(&self, wire: WireType) -> Error {
        Error::malformed(format!("expected {}, found {}", wire.noun(), self.wire.noun()))
    }

    /// Reads a varint.
    #[inline]
    pub fn varint(&mut self) -> Result<u64> {
        if let Some(&byte) = self.input.bytes.get(self.position)
            && byte < 0x80
        {
            self.position += 1;
            return Ok(u64::from(byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64> {
        let rest = &self.input.bytes[self.position..];
        let mut value = 0;
        for (index, &byte) in rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                // Nine bytes carry 63 bits, so the tenth has room for one.
                if index == 9 && byte > 1 {
                    return Err(Error::malformed("varint over 64 bits"));
                }
                self.position += index + 1;
                return Ok(value);
            }
        }
        Err(Error::malformed(if rest.len() < 10 { "truncated varint" } else { "varint over ten bytes" }))
    }

    /// Reads `N` bytes, four or eight.
    #[inline]
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let chunk = self.input.bytes[self.position..].first_chunk::<N>().ok_or_else(truncated)?;
        self.position += N;
        Ok(*chunk)
    }

    /// Reads a length and passes over as many bytes; gives the range they have in the input.
    #[inline]
    pub(in crate::message) fn range(&mut self) -> Result<(usize, usize)> {
        let length = self.varint()?;
        if length > (self.input.bytes.len() - self.position) as u64 {
            return Err(truncated());
        }
        let start = self.position;
        self.position += length as usize;
        Ok((start, self.position))
    }

    /// Reads a length and as many bytes.
    #[inline]
    pub fn chunk(&mut self) -> Result<&'a [u8]> {
        let (start, end) = self.range()?;
        Ok(&self.input.bytes[start..end])
    }

    /// Reads a length and as many bytes, without copying where the input is shared.
    pub fn shared(&mut self) -> Result<Bytes> {
        let chunk = self.chunk()?;
        Ok(self.input.shared(chunk))
    }

    /// The current record, its key included, once it has been read.
    pub(super) fn record(&self) -> &'a [u8] {
        &self.input.bytes[self.key_at..self.position]
    }

    /// Passes over the payload of the current record.
    pub fn skip(&mut self) -> Result<()> {
        self.skip_payload(self.tag, self.input.depth())
    }

    fn skip_payload(&mut self, tag: u32, depth: u32) -> Result<()> {
        match self.wire {
            WireType::Varint => self.varint().map(drop),
            WireType::I64 => self.fixed::<8>().map(drop),
            WireType::I32 => self.fixed::<4>().map(drop),
            WireType::Len => self.range().map(drop),
            WireType::GroupStart => self.skip_group(tag, depth),
            WireType::GroupEnd => Err(Error::malformed("end of a group that never began")),
        }
    }

    fn skip_group(&mut self, tag: u32, depth: u32) -> Result<()> {
        let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
        // An unknown group is kept from its own key on, not from the last key inside it.
        let began = self.key_at;
        loop {
            let inner = self.key()?;
            if self.wire == WireType::GroupEnd {
                break if inner == tag { Ok(()) } else { Err(Error::malformed("end of another group")) };
            }
            self.skip_payload(inner, depth)?;
        }?;
        self.key_at = began;
        Ok(())
    }
}

#[cold]
fn truncated() -> Error {
    Error::malformed("truncated")
}
