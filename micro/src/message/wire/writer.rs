//! Writing: one pass, appending to one buffer.

use super::WireType;

/// The most bytes a varint takes.
const MAX_VARINT: usize = 10;

/// Appends records to a buffer.
///
/// The length of a nested message is not known when it begins. One byte is left for it, and the message is moved in the
/// rare case that it takes more; so there is no second pass to compute lengths.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
}

impl<'b> Writer<'b> {
    /// Appends to `out`.
    pub fn new(out: &'b mut Vec<u8>) -> Self {
        Writer { out }
    }

    /// Appends a key.
    #[inline]
    pub fn key(&mut self, tag: u32, wire: WireType) {
        self.varint(u64::from(tag << 3 | wire as u32));
    }

    /// Appends a varint.
    #[inline]
    pub fn varint(&mut self, value: u64) {
        if value < 0x80 {
            self.out.push(value as u8);
            return;
        }
        let (bytes, length) = varint(value);
        self.out.extend_from_slice(&bytes[..length]);
    }

    /// Appends bytes as they are.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Appends a length and as many bytes.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    /// Appends a length and what `write` writes.
    #[inline]
    pub fn nested(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        self.out.push(0);
        write(self);
        let length = self.out.len() - start - 1;
        if length < 0x80 {
            self.out[start] = length as u8;
        } else {
            self.widen(start, length);
        }
    }

    /// Makes room for a length of more than the one byte left at `start`.
    #[cold]
    #[inline(never)]
    fn widen(&mut self, start: usize, length: usize) {
        let (bytes, width) = varint(length as u64);
        let content = start + 1;
        self.out.extend_from_slice(&[0; MAX_VARINT][1..width]);
        self.out.copy_within(content..content + length, start + width);
        self.out[start..start + width].copy_from_slice(&bytes[..width]);
    }
}

fn varint(mut value: u64) -> ([u8; MAX_VARINT], usize) {
    let mut bytes = [0; MAX_VARINT];
    let mut length = 0;
    while value >= 0x80 {
        bytes[length] = value as u8 | 0x80;
        value >>= 7;
        length += 1;
    }
    bytes[length] = value as u8;
    (bytes, length + 1)
}
