//! Frames: their heads, and how a run of bytes is cut into them.

use bytes::Bytes;

use super::protocol_error::{ProtocolError, Reason};
use super::wire::Cursor;

/// Length of a frame's head, in bytes.
pub(super) const HEAD_SIZE: usize = 10;
/// Maximum size of a frame beyond its message and metadata.
pub(super) const MAX_OVERHEAD: usize = 64 * 1024;

/// Kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    Hello = 0,
    Call = 1,
    Items = 2,
    Reply = 3,
    Begin = 4,
    End = 5,
    Cancel = 6,
    Credit = 7,
    Ping = 8,
    Pong = 9,
    Drain = 10,
    Done = 11,
    Bye = 12,
    Refused = 13,
}

impl FrameKind {
    const ALL: [FrameKind; 14] = [
        FrameKind::Hello,
        FrameKind::Call,
        FrameKind::Items,
        FrameKind::Reply,
        FrameKind::Begin,
        FrameKind::End,
        FrameKind::Cancel,
        FrameKind::Credit,
        FrameKind::Ping,
        FrameKind::Pong,
        FrameKind::Drain,
        FrameKind::Done,
        FrameKind::Bye,
        FrameKind::Refused,
    ];
}

/// From this number on unknown kinds are left for later versions.
const FIRST_OPTIONAL_KIND: u8 = 128;

/// The flags of the frames that have some.
pub(super) mod flags {
    /// CALL: the request is one message, and here.
    pub(in super::super) const MESSAGE: u8 = 1;
    /// CALL: agrees on a method.
    pub(in super::super) const DEFINE: u8 = 2;
    /// CALL: says where it stands in its trace.
    pub(in super::super) const TRACE: u8 = 4;
    /// ITEMS: the last ones.
    pub(in super::super) const END: u8 = 1;
    /// REPLY: there is metadata.
    pub(in super::super) const METADATA: u8 = 1;
}

/// One frame, in the bytes it came with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: FrameKind,
    pub(super) flags: u8,
    pub(super) id: u32,
    pub(super) body: Cursor<'a>,
}

impl Frame<'_> {
    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Appends a frame with what `body` writes.
pub(super) fn put(out: &mut Vec<u8>, kind: FrameKind, flags: u8, id: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind as u8, flags]);
    out.extend_from_slice(&id.to_be_bytes());
    body(out);
    let len = (out.len() - begin - HEAD_SIZE) as u32;
    out[begin..begin + 4].copy_from_slice(&len.to_be_bytes());
}

/// Returns the number of bytes that are whole frames, and the length of the frame that follows, if its head is complete.
///
/// # Errors
///
/// A frame longer than `limit`, as soon as its head is there and those before it were taken: what comes of them does not depend on
/// how the bytes were cut.
pub(super) fn whole(bytes: &[u8], limit: usize) -> Result<(usize, usize), ProtocolError> {
    let mut end = 0;
    while let Some(head) = bytes.get(end..end + HEAD_SIZE) {
        let len = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if len > limit && end > 0 {
            break;
        }
        if len > limit {
            return Err(ProtocolError::new(Reason::TooLong, format!("a frame of {len} bytes, of at most {limit}")));
        }
        let next = end + HEAD_SIZE + len;
        if next > bytes.len() {
            return Ok((end, HEAD_SIZE + len));
        }
        end = next;
    }
    Ok((end, 0))
}

/// The frames of `bytes`, which are whole.
pub(super) fn frames(bytes: &Bytes) -> Frames<'_> {
    Frames { bytes, at: 0 }
}

/// See [`frames`].
#[derive(Debug)]
pub(super) struct Frames<'a> {
    bytes: &'a Bytes,
    at: usize,
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, ProtocolError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let head = self.bytes.get(self.at..self.at + HEAD_SIZE)?;
            let len = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
            let begin = self.at + HEAD_SIZE;
            if len > self.bytes.len() - begin {
                return None;
            }
            self.at = begin + len;
            let kind = match FrameKind::ALL.get(usize::from(head[4])) {
                Some(kind) => *kind,
                None if head[4] >= FIRST_OPTIONAL_KIND => continue,
                None => return Some(Err(ProtocolError::malformed("a frame of unknown kind"))),
            };
            let id = u32::from_be_bytes([head[6], head[7], head[8], head[9]]);
            return Some(Ok(Frame { kind, flags: head[5], id, body: Cursor::within(self.bytes, begin, len) }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, FrameKind::Call, flags::MESSAGE, 1, |out| out.extend(b"hello"));
        put(&mut out, FrameKind::Cancel, 0, 1, |_| {});
        put(&mut out, FrameKind::Ping, 0, 0, |out| out.extend([0; 8]));
        out
    }

    #[test]
    fn frames_come_back_as_they_were_put() {
        let bytes = Bytes::from(three());
        assert_eq!(whole(&bytes, 100).unwrap(), (bytes.len(), 0));
        let read: Vec<_> = frames(&bytes).map(Result::unwrap).collect();
        let seen: Vec<_> = read.iter().map(|frame| (frame.kind, frame.flags, frame.id, frame.body.len())).collect();
        assert_eq!(seen, [(FrameKind::Call, 1, 1, 5), (FrameKind::Cancel, 0, 1, 0), (FrameKind::Ping, 0, 0, 8)]);
        assert_eq!(read[0].body.rest(), &b"hello"[..]);
    }

    #[test]
    fn however_the_bytes_are_cut_only_whole_frames_are_taken() {
        let bytes = three();
        let ends = [0, 15, 25, bytes.len()];
        for cut in 0..=bytes.len() {
            let (end, _) = whole(&bytes[..cut], 100).unwrap();
            assert_eq!(end, ends.into_iter().rfind(|end| *end <= cut).unwrap());
            let begun = Bytes::copy_from_slice(&bytes[..cut]);
            assert!(frames(&begun).all(|frame| frame.is_ok()));
        }
    }

    #[test]
    fn a_length_is_judged_before_its_bytes_are_there() {
        let head = [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 1];
        assert_eq!(whole(&head, 1 << 22).unwrap_err().reason(), Reason::TooLong);
        assert_eq!(whole(&head[..9], 1 << 22).unwrap(), (0, 0));
        let behind = [&three()[..], &head].concat();
        assert_eq!(whole(&behind, 1 << 22).unwrap(), (three().len(), 0));
    }

    #[test]
    fn kinds_of_later_versions_are_passed_over() {
        let mut out = Vec::new();
        put(&mut out, FrameKind::Ping, 0, 0, |out| out.push(7));
        out[4] = 200;
        put(&mut out, FrameKind::Pong, 0, 0, |_| {});
        assert_eq!(frames(&out.clone().into()).next().unwrap().unwrap().kind, FrameKind::Pong);
        out[4] = 14;
        assert!(frames(&out.into()).next().unwrap().is_err());
    }
}
