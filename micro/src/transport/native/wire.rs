//! Numbers, text and blocks, as every frame is made of them.

use bytes::Bytes;

use super::protocol_error::{ProtocolError, Reason};

/// Appends a varint.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a length and so many bytes: a block, or text.
pub(super) fn put_block(out: &mut Vec<u8>, block: &[u8]) {
    put_varint(out, block.len() as u64);
    out.extend_from_slice(block);
}

/// Returns the encoded size of a block of `len` bytes.
pub(super) fn block_len(len: usize) -> usize {
    let bits = (u64::BITS - (len as u64 | 1).leading_zeros()) as usize;
    bits.div_ceil(7) + len
}

/// The unread rest of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    all: &'a Bytes,
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    /// All of `bytes`.
    pub(super) fn new(bytes: &'a Bytes) -> Self {
        Cursor { all: bytes, at: 0, end: bytes.len() }
    }

    /// So many bytes of `bytes`, from `at`; the caller has checked that they are there.
    pub(super) fn within(bytes: &'a Bytes, at: usize, len: usize) -> Self {
        Cursor { all: bytes, at, end: at + len }
    }

    pub(super) fn len(&self) -> usize {
        self.end - self.at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at == self.end
    }

    /// Everything that is left, shared and not copied.
    pub(super) fn rest(self) -> Bytes {
        self.all.slice(self.at..self.end)
    }

    pub(super) fn u8(&mut self) -> Result<u8, ProtocolError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ProtocolError> {
        let taken = self.take(N)?;
        Ok(taken.try_into().expect("as many as were asked for"))
    }

    pub(super) fn varint(&mut self) -> Result<u64, ProtocolError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(ProtocolError::malformed("a varint longer than 64 bits"))
    }

    /// The range of a block of at most `limit` bytes, as a cursor of its own.
    pub(super) fn block(&mut self, limit: usize) -> Result<Cursor<'a>, ProtocolError> {
        let len = self.varint()?;
        if len > limit as u64 {
            return Err(ProtocolError::new(Reason::TooLong, format!("{len} bytes where {limit} may be")));
        }
        let begin = self.at;
        self.take(len as usize)?;
        Ok(Cursor { all: self.all, at: begin, end: self.at })
    }

    pub(super) fn text(&mut self, limit: usize) -> Result<&'a str, ProtocolError> {
        let block = self.block(limit)?;
        std::str::from_utf8(block.bytes()).map_err(|_| ProtocolError::malformed("text that is not UTF-8"))
    }

    /// Returns the rest, borrowed.
    pub(super) fn bytes(&self) -> &'a [u8] {
        &self.all[self.at..self.end]
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ProtocolError> {
        if count > self.len() {
            return Err(ProtocolError::malformed("a frame that ends too early"));
        }
        let taken = &self.all[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_take_the_bytes_that_were_foretold() {
        for value in [0, 1, 0x7f, 0x80, 300, 0x3fff, 0x4000, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            let bytes = Bytes::from(out);
            assert_eq!(Cursor::new(&bytes).varint().unwrap(), value);
            for short in 0..bytes.len() {
                assert!(Cursor::new(&bytes.slice(..short)).varint().is_err());
            }
        }
        for len in [0, 1, 127, 128, 16_383, 16_384] {
            let mut out = Vec::new();
            put_block(&mut out, &vec![0; len]);
            assert_eq!(out.len(), block_len(len));
        }
    }

    #[test]
    fn what_no_number_is_is_refused() {
        for bytes in [&[0x80; 11][..], &[0xff; 10], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"] {
            assert!(Cursor::new(&Bytes::copy_from_slice(bytes)).varint().is_err());
        }
    }

    #[test]
    fn a_lying_length_reaches_nothing() {
        let mut out = Vec::new();
        put_varint(&mut out, u64::MAX);
        out.extend([1, 2, 3]);
        let bytes = Bytes::from(out);
        assert_eq!(Cursor::new(&bytes).block(1 << 20).unwrap_err().reason(), Reason::TooLong);
        assert_eq!(Cursor::new(&bytes).block(usize::MAX).unwrap_err().reason(), Reason::Malformed);
        let text = Bytes::from_static(b"\x02\xff\xfe");
        assert!(Cursor::new(&text).text(10).is_err());
    }
}
