//! gRPC's framing: a flag, four bytes of length, a message.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use connectrpc::CompressionRegistry;
use futures_core::Stream;

use crate::errors::{Error, Result};
use crate::rpc::Streaming;

/// The flag and the length in front of a message.
pub(super) const PREFIX_SIZE: usize = 5;
/// The flags of a message as it is, and of a compressed one.
pub(super) const UNCOMPRESSED_FLAG: u8 = 0;
pub(super) const COMPRESSED_FLAG: u8 = 1;
/// Ready messages share a frame up to this size, which is how much HTTP/2 puts into one.
const MAX_FRAME: usize = 16 * 1024;

/// Compressor of outgoing messages.
#[derive(Clone, Debug)]
pub(super) struct Compressor {
    pub(super) formats: CompressionRegistry,
    pub(super) format: &'static str,
    /// From which size on it is worth its while.
    pub(super) from: usize,
}

impl Compressor {
    /// The message compressed; nothing where that would be of no use.
    pub(super) fn pack(&self, message: &[u8]) -> Option<Bytes> {
        if message.is_empty() || message.len() < self.from {
            return None;
        }
        self.formats.compress(self.format, message).ok().filter(|packed| packed.len() < message.len())
    }
}

/// Bytes of a body: one message with what stands in front of it, neither copied, or any bytes.
#[derive(Debug)]
pub(super) struct FramePiece {
    head: [u8; PREFIX_SIZE],
    /// Number of bytes of the prefix already read.
    at: u8,
    body: Bytes,
}

impl FramePiece {
    /// One message, framed.
    ///
    /// # Errors
    ///
    /// [`Code::ResourceExhausted`](crate::Code::ResourceExhausted) when it is longer than four bytes can say.
    pub(super) fn message(message: Bytes, compressor: Option<&Compressor>) -> Result<Self> {
        let (flag, body) = match compressor.and_then(|compressor| compressor.pack(&message)) {
            Some(packed) => (COMPRESSED_FLAG, packed),
            None => (UNCOMPRESSED_FLAG, message),
        };
        Ok(FramePiece { head: head(flag, body.len())?, at: 0, body })
    }
}

impl From<Bytes> for FramePiece {
    fn from(body: Bytes) -> Self {
        FramePiece { head: [0; PREFIX_SIZE], at: PREFIX_SIZE as u8, body }
    }
}

impl Buf for FramePiece {
    fn remaining(&self) -> usize {
        PREFIX_SIZE - usize::from(self.at) + self.body.len()
    }

    fn chunk(&self) -> &[u8] {
        let head = &self.head[usize::from(self.at)..];
        if head.is_empty() { &self.body } else { head }
    }

    fn chunks_vectored<'a>(&'a self, out: &mut [std::io::IoSlice<'a>]) -> usize {
        let parts = [&self.head[usize::from(self.at)..], &self.body];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        out.iter_mut().zip(parts).map(|(out, part)| *out = std::io::IoSlice::new(part)).count()
    }

    fn advance(&mut self, count: usize) {
        let of_head = count.min(PREFIX_SIZE - usize::from(self.at));
        self.at += of_head as u8;
        self.body.advance(count - of_head);
    }
}

fn head(flag: u8, length: usize) -> Result<[u8; PREFIX_SIZE]> {
    let length = u32::try_from(length)
        .map_err(|_| Error::resource_exhausted(format!("a message of {length} bytes is too long")))?;
    let [a, b, c, d] = length.to_be_bytes();
    Ok([flag, a, b, c, d])
}

/// A stream of messages, framed, as many together as are ready.
#[derive(Debug)]
pub(super) struct Framed {
    items: Option<Streaming<Bytes>>,
    ready: BytesMut,
    compressor: Option<Compressor>,
    failed: Option<Error>,
}

impl Framed {
    pub(super) fn new(items: Streaming<Bytes>, compressor: Option<Compressor>) -> Self {
        Framed { items: Some(items), ready: BytesMut::new(), compressor, failed: None }
    }

    /// Drops the stream, whatever it still holds.
    pub(super) fn close(&mut self) {
        self.items = None;
    }

    /// Returns ready messages; `None` at the end. An error comes after the messages before it.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let gathered = self.poll_gather(cx);
        if !self.ready.is_empty() {
            return Poll::Ready(Some(Ok(self.ready.split().freeze())));
        }
        gathered.map(|()| self.failed.take().map(Err))
    }

    // Ready when a frame is full or the stream has ended, which then is dropped.
    fn poll_gather(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(items) = &mut self.items
            && self.ready.len() < MAX_FRAME
        {
            let Some(item) = std::task::ready!(Pin::new(items).poll_next(cx)) else {
                self.items = None;
                break;
            };
            if let Err(error) = item.and_then(|message| self.add(&message)) {
                self.items = None;
                self.failed = Some(error);
            }
        }
        Poll::Ready(())
    }

    fn add(&mut self, message: &[u8]) -> Result<()> {
        let packed = self.compressor.as_ref().and_then(|compressor| compressor.pack(message));
        let (flag, message) = packed.as_ref().map_or((UNCOMPRESSED_FLAG, message), |packed| (COMPRESSED_FLAG, packed));
        let head = head(flag, message.len())?;
        self.ready.reserve(PREFIX_SIZE + message.len());
        self.ready.put_slice(&head);
        self.ready.put_slice(message);
        Ok(())
    }
}

/// Bytes received that are not a whole message yet, or not requested yet.
#[derive(Debug, Default)]
pub(super) struct Unread(Bytes);

/// Malformed message prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// Unexpected flag.
    Flag(u8),
    /// Length over the limit.
    Length(usize),
}

impl Unread {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, data: Bytes) {
        if self.0.is_empty() {
            self.0 = data;
            return;
        }
        // Takes the room left behind from the last time, so that a long message is not copied once per frame.
        let mut both = BytesMut::from(std::mem::take(&mut self.0));
        both.extend_from_slice(&data);
        self.0 = both.freeze();
    }

    /// The next message, as it came, with its flag.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<(u8, Bytes)>, Malformed> {
        let Some(head) = self.0.first_chunk::<PREFIX_SIZE>() else { return Ok(None) };
        let [flag, length @ ..] = *head;
        let length = u32::from_be_bytes(length) as usize;
        if flag > COMPRESSED_FLAG {
            return Err(Malformed::Flag(flag));
        }
        if length > limit {
            return Err(Malformed::Length(length));
        }
        if self.0.len() - PREFIX_SIZE < length {
            return Ok(None);
        }
        self.0.advance(PREFIX_SIZE);
        Ok(Some((flag, self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_any_cut() {
        let sent: [&[u8]; 4] = [b"one", b"", b"three", &[7; 300]];
        let framed: Vec<u8> = sent
            .iter()
            .flat_map(|message| {
                let mut piece = FramePiece::message(Bytes::from_static(message), None).unwrap();
                piece.copy_to_bytes(piece.remaining())
            })
            .collect();
        for size in [1, 2, 5, 7, 1_000] {
            let (mut unread, mut read) = (Unread::default(), Vec::new());
            for chunk in framed.chunks(size) {
                unread.add(Bytes::copy_from_slice(chunk));
                while let Some((_, message)) = unread.next(300).unwrap() {
                    read.push(message);
                }
            }
            assert_eq!(read, sent);
            assert!(unread.is_empty());
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let next = |bytes: &'static [u8]| Unread(Bytes::from_static(bytes)).next(10);
        assert_eq!(next(b"\x00\x00\x00\x00\x0b"), Err(Malformed::Length(11)));
        assert_eq!(next(b"\x00\xff\xff\xff\xff"), Err(Malformed::Length(u32::MAX as usize)));
        assert_eq!(next(b"\x02\x00\x00\x00\x01x"), Err(Malformed::Flag(2)));
        assert_eq!(next(b"\x80\x00\x00\x00\x00"), Err(Malformed::Flag(0x80)));
        assert_eq!(next(b"\x00\x00"), Ok(None));
    }

    #[test]
    fn a_piece_is_its_head_and_its_message_however_it_is_read() {
        let message = Bytes::from_static(b"hello");
        let whole = b"\0\0\0\0\x05hello";
        for step in 1..=whole.len() {
            let (mut piece, mut read) = (FramePiece::message(message.clone(), None).unwrap(), Vec::new());
            while piece.has_remaining() {
                let count = step.min(piece.chunk().len());
                read.extend_from_slice(&piece.chunk()[..count]);
                piece.advance(count);
            }
            assert_eq!(read, whole);
        }
        let mut piece = FramePiece::message(message, None).unwrap();
        let mut slices = [std::io::IoSlice::new(b""); 4];
        assert_eq!(piece.chunks_vectored(&mut slices), 2);
        piece.advance(7);
        assert_eq!((piece.remaining(), piece.chunk()), (3, &b"llo"[..]));
    }
}
