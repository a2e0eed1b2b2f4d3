//! gRPC's framing: a flag, four bytes of length, a message.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Cx, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_core::Stream;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::fate;
use super::packing::{Packing, Unpacker};
use crate::errors::{Error, Result};
use crate::rpc::{Payload, Streaming};
use crate::transport::http::coalesce::Coalesced;
use crate::transport::http::status;

/// The flag and the length in front of a message.
const HEAD: usize = 5;
/// The flags of a message as it is, and of a compressed one.
const PLAIN: u8 = 0;
const PACKED: u8 = 1;
/// Ready messages share a frame up to this size, which is how much HTTP/2 puts into one.
const FULL: usize = 16 * 1024;

/// The body of a request.
pub(super) enum Outgoing {
    /// One message, framed.
    One(Option<Bytes>),
    /// A stream of them.
    Many(Box<Coalesced<Framed>>),
}

impl Outgoing {
    /// Frames `payload`. The second value is the caller's hold on it while it is sent.
    ///
    /// # Errors
    ///
    /// [`Code::ResourceExhausted`](crate::Code::ResourceExhausted) when a message is longer than four bytes can say.
    pub(super) fn new(payload: Payload, packing: &Packing) -> Result<(Self, Hold)> {
        let (hold, held) = oneshot::channel();
        let failure = Failure::default();
        let body = match payload {
            Payload::One(message) => {
                let mut framed = BytesMut::new();
                frame(&message, packing, &mut framed)?;
                Outgoing::One(Some(framed.freeze()))
            }
            Payload::Many(items) => {
                let (ready, packing) = (BytesMut::new(), packing.clone());
                let framed = Framed { items: Some(items), ready, packing, held, failure: failure.clone() };
                Outgoing::Many(Box::new(Coalesced::new(framed)))
            }
        };
        Ok((body, Hold { failure, _hold: hold }))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut *self {
            Outgoing::One(message) => Poll::Ready(message.take().map(|message| Ok(Frame::data(message)))),
            Outgoing::Many(items) => Pin::new(&mut **items).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Outgoing::One(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::One(message) => SizeHint::with_exact(message.as_ref().map_or(0, |message| message.len() as u64)),
            Outgoing::Many(_) => SizeHint::default(),
        }
    }
}

/// What the caller keeps of its request.
///
/// Dropping it breaks off a stream of requests: hyper would go on sending it when nobody reads the answer any more, and the
/// handler would never learn of it.
#[derive(Debug)]
pub(super) struct Hold {
    failure: Failure,
    _hold: oneshot::Sender<()>,
}

/// What the caller's own stream failed with. A reset is all the peer hears; the caller gets the error itself.
type Failure = Arc<Mutex<Option<Error>>>;

impl Hold {
    /// What the stream failed with, or else `error`.
    pub(super) fn or(&self, error: Error) -> Error {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(error)
    }
}

/// The error hyper is told when the caller's stream fails: it resets the call.
#[derive(Debug)]
pub(super) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream of requests failed")
    }
}

impl std::error::Error for Broken {}

/// A stream of messages, framed, as many to a frame as are ready.
pub(super) struct Framed {
    items: Option<Streaming<Bytes>>,
    ready: BytesMut,
    packing: Packing,
    held: oneshot::Receiver<()>,
    failure: Failure,
}

impl Framed {
    // Ready when a frame is full or the stream has ended.
    fn gather(&mut self, cx: &mut Cx<'_>) -> Poll<Result<(), Broken>> {
        while let Some(items) = &mut self.items
            && self.ready.len() < FULL
        {
            let framed = match Pin::new(items).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    self.items = None;
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Some(item)) => item.and_then(|message| frame(&message, &self.packing, &mut self.ready)),
            };
            if let Err(error) = framed {
                self.items = None;
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Poll::Ready(Err(Broken));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Body for Framed {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.items.is_some() && Pin::new(&mut self.held).poll(cx).is_ready() {
            self.items = None;
            return Poll::Ready(Some(Err(Broken)));
        }
        match self.gather(cx) {
            Poll::Ready(Err(broken)) => Poll::Ready(Some(Err(broken))),
            Poll::Pending if self.ready.is_empty() => Poll::Pending,
            Poll::Ready(Ok(())) if self.ready.is_empty() => Poll::Ready(None),
            _ => Poll::Ready(Some(Ok(Frame::data(self.ready.split().freeze())))),
        }
    }
}

fn frame(message: &[u8], packing: &Packing, out: &mut BytesMut) -> Result<()> {
    let packed = packing.pack(message);
    let (flag, message) = packed.as_ref().map_or((PLAIN, message), |packed| (PACKED, packed));
    let length = u32::try_from(message.len())
        .map_err(|_| Error::resource_exhausted(format!("a message of {} bytes is too long", message.len())))?;
    out.reserve(HEAD + message.len());
    out.put_u8(flag);
    out.put_u32(length);
    out.put_slice(message);
    Ok(())
}

/// The messages of a response, and then its outcome.
pub(super) struct Messages {
    body: Incoming,
    unread: Unread,
    limit: usize,
    unpacker: Unpacker,
    hold: Hold,
    trailers: Option<HeaderMap>,
}

impl Messages {
    pub(super) fn new(body: Incoming, limit: usize, unpacker: Unpacker, hold: Hold) -> Self {
        Messages { body, unread: Unread::default(), limit, unpacker, hold, trailers: None }
    }

    /// The next message; `None` once the outcome was success. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// The outcome, or what happened on the way to it.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.unread.next(self.limit)? {
                Some((PLAIN, message)) => return Ok(Some(message)),
                Some((_, packed)) => return self.unpacker.unpack(packed, self.limit).map(Some),
                None => {}
            }
            match self.body.frame().await {
                None => return self.outcome().map(|()| None),
                Some(Err(error)) => return Err(self.hold.or(fate::after_headers(error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.unread.add(data),
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
            }
        }
    }

    /// What came behind the messages.
    pub(super) fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    fn outcome(&self) -> Result<()> {
        let outcome = self.trailers.as_ref().and_then(status::from_trailers);
        let outcome = outcome.ok_or_else(|| Error::internal("the answer broke off: it has no status"))?;
        if outcome.is_ok() && !self.unread.is_empty() {
            return Err(Error::internal("the answer broke off within a message"));
        }
        outcome
    }
}

/// What was received and is not a whole message yet, or not asked for.
#[derive(Debug, Default)]
struct Unread(Bytes);

impl Unread {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, data: Bytes) {
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
    fn next(&mut self, limit: usize) -> Result<Option<(u8, Bytes)>> {
        let Some(head) = self.0.first_chunk::<HEAD>() else { return Ok(None) };
        let [flag, length @ ..] = *head;
        let length = u32::from_be_bytes(length) as usize;
        if flag > PACKED {
            return Err(Error::internal(format!(
                "the answer has a message with the flag {flag}, which nobody asked for"
            )));
        }
        if length > limit {
            return Err(Error::resource_exhausted(format!("a message of {length} bytes; the limit is {limit}")));
        }
        if self.0.len() - HEAD < length {
            return Ok(None);
        }
        self.0.advance(HEAD);
        Ok(Some((flag, self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::http::Compress;

    fn framed(messages: &[&[u8]]) -> Vec<u8> {
        let mut out = BytesMut::new();
        for message in messages {
            frame(message, &Packing::new(Compress::Never), &mut out).unwrap();
        }
        out.to_vec()
    }

    #[test]
    fn messages_survive_any_cut() {
        let sent: [&[u8]; 4] = [b"one", b"", b"three", &[7; 300]];
        for size in [1, 2, 5, 7, 1_000] {
            let (mut unread, mut read) = (Unread::default(), Vec::new());
            for chunk in framed(&sent).chunks(size) {
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
        assert!(next(b"\x00\x00\x00\x00\x0b").is_err());
        assert!(next(b"\x00\xff\xff\xff\xff").is_err());
        assert!(next(b"\x02\x00\x00\x00\x01x").is_err());
        assert!(next(b"\x80\x00\x00\x00\x00").is_err());
        assert!(next(b"\x00\x00").unwrap().is_none());
    }
}
