//! Metadata as a block of pairs.

use super::protocol_error::{ProtocolError, Reason};
use super::wire::{Cursor, block_len, put_block, put_varint};
use crate::metadata::Metadata;

/// Maximum number of pairs accepted from a peer.
const MOST_PAIRS: usize = 128;

/// Returns the encoded size of the pairs, in bytes.
pub(super) fn size(metadata: &Metadata) -> usize {
    metadata.iter().map(|(key, value)| block_len(key.len()) + block_len(value.len())).sum()
}

/// Appends the pairs; one byte where there are none.
pub(super) fn put(out: &mut Vec<u8>, metadata: &Metadata) {
    if metadata.is_empty() {
        return out.push(0);
    }
    put_varint(out, size(metadata) as u64);
    for (key, value) in metadata.iter() {
        put_block(out, key.as_bytes());
        put_block(out, value.as_bytes());
    }
}

/// Reads the pairs of a block of at most `limit` bytes. Those that are no metadata are left out.
pub(super) fn read(body: &mut Cursor<'_>, limit: usize) -> Result<Metadata, ProtocolError> {
    let mut block = body.block(limit)?;
    let mut metadata = Metadata::new();
    while !block.is_empty() {
        let (key, value) = (block.text(limit)?, block.text(limit)?);
        if metadata.len() == MOST_PAIRS {
            return Err(ProtocolError::new(Reason::TooLong, format!("more than {MOST_PAIRS} pairs of metadata")));
        }
        metadata.receive(key, value);
    }
    Ok(metadata)
}

/// Returns `true` if the pairs fit into `limit` bytes.
pub(super) fn fits(metadata: &Metadata, limit: u32) -> bool {
    metadata.len() <= MOST_PAIRS && size(metadata) <= limit as usize
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn written(metadata: &Metadata) -> Bytes {
        let mut out = Vec::new();
        put(&mut out, metadata);
        out.into()
    }

    #[test]
    fn pairs_come_back_and_nothing_takes_one_byte() {
        assert_eq!(written(&Metadata::new()), &[0][..]);
        let mut metadata = Metadata::new();
        metadata.append("tenant", "acme").unwrap();
        metadata.append("tenant", "ünder").unwrap();
        let bytes = written(&metadata);
        assert_eq!(read(&mut Cursor::new(&bytes), 100).unwrap(), metadata);
        for cut in 0..bytes.len() {
            assert!(read(&mut Cursor::new(&bytes.slice(..cut)), 100).is_err());
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let mut many = Vec::new();
        put_block(&mut many, &[0; 2 * (MOST_PAIRS + 1)]);
        // Empty keys are no metadata, so they do not count; these are.
        assert!(read(&mut Cursor::new(&many.into()), 1000).unwrap().is_empty());
        let mut many = Vec::new();
        put_block(&mut many, &b"\x01a\0".repeat(MOST_PAIRS + 1));
        let many = Bytes::from(many);
        assert_eq!(read(&mut Cursor::new(&many), 1000).unwrap_err().reason(), Reason::TooLong);
        assert_eq!(read(&mut Cursor::new(&many), 100).unwrap_err().reason(), Reason::TooLong);
    }
}
