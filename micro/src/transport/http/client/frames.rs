//! The bodies of a call: what is sent, and what comes back.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Cx, Poll};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::fate;
use super::packing::{self, Packing, Unpacker};
use crate::errors::{Error, Result};
use crate::rpc::Payload;
use crate::transport::http::coalesce::Coalesced;
use crate::transport::http::framing::{Framed, Malformed, PLAIN, Piece, Unread};
use crate::transport::http::status;
use crate::transport::http::turns::Ear;

/// The body of a request.
pub(super) enum Outgoing {
    /// One message, framed.
    One(Option<Piece>),
    /// A stream of them.
    Many(Box<Coalesced<Requests>>),
}

impl Outgoing {
    /// Frames `payload`. The second value is the caller's hold on a stream while it is sent; `ear` is where the peer's own
    /// is read.
    ///
    /// # Errors
    ///
    /// [`Code::ResourceExhausted`](crate::Code::ResourceExhausted) when a message is longer than four bytes can say.
    pub(super) fn new(payload: Payload, packing: &Packing, ear: &Ear) -> Result<(Self, Option<Hold>)> {
        let items = match payload {
            Payload::One(message) => {
                let message = Piece::message(message, packing.press())?;
                return Ok((Outgoing::One(Some(message)), None));
            }
            Payload::Many(items) => items,
        };
        let (hold, held) = oneshot::channel();
        let failure = Failure::default();
        let framed = Framed::new(items, packing.press().cloned());
        let requests = Requests { framed, held, failure: failure.clone() };
        let body = Outgoing::Many(Box::new(Coalesced::new(requests, Some(ear.heard()))));
        Ok((body, Some(Hold { failure, _hold: hold })))
    }
}

impl Body for Outgoing {
    type Data = Piece;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Frame<Piece>, Broken>>> {
        match &mut *self {
            Outgoing::One(message) => Poll::Ready(message.take().map(|message| Ok(Frame::data(message)))),
            Outgoing::Many(items) => Pin::new(&mut **items).poll_frame(cx).map_ok(|frame| frame.map_data(Piece::from)),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Outgoing::One(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::One(message) => {
                SizeHint::with_exact(message.as_ref().map_or(0, |message| message.remaining() as u64))
            }
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
    /// What the stream that is held failed with, or else `error`.
    pub(super) fn or(hold: Option<&Self>, error: Error) -> Error {
        let own = hold.and_then(|hold| hold.failure.lock().unwrap_or_else(PoisonError::into_inner).take());
        own.unwrap_or(error)
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

/// A stream of requests, for as long as the caller holds on to it.
pub(super) struct Requests {
    framed: Framed,
    held: oneshot::Receiver<()>,
    failure: Failure,
}

impl Body for Requests {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.framed.is_open() && Pin::new(&mut self.held).poll(cx).is_ready() {
            self.framed.close();
            return Poll::Ready(Some(Err(Broken)));
        }
        let ready = std::task::ready!(self.framed.poll_ready(cx));
        Poll::Ready(ready.map(|ready| match ready {
            Ok(bytes) => Ok(Frame::data(bytes)),
            Err(error) => {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Err(Broken)
            }
        }))
    }
}

/// The messages of a response, and then its outcome.
pub(super) struct Messages {
    body: Incoming,
    unread: Unread,
    limit: usize,
    unpacker: Option<Unpacker>,
    hold: Option<Hold>,
    ear: Ear,
    trailers: Option<HeaderMap>,
}

impl Messages {
    pub(super) fn new(body: Incoming, limit: usize, unpacker: Option<Unpacker>, hold: Option<Hold>, ear: Ear) -> Self {
        Messages { body, unread: Unread::default(), limit, unpacker, hold, ear, trailers: None }
    }

    /// The next message; `None` once the outcome was success. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// The outcome, or what happened on the way to it.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.unread.next(self.limit).map_err(|malformed| refused(malformed, self.limit))? {
                Some((PLAIN, message)) => return Ok(Some(message)),
                Some((_, packed)) => return packing::unpack(self.unpacker.as_ref(), packed, self.limit).map(Some),
                None => {}
            }
            let frame = std::future::poll_fn(|cx| {
                let polled = Pin::new(&mut self.body).poll_frame(cx);
                self.ear.note(&polled);
                polled
            });
            match frame.await {
                None => return self.outcome().map(|()| None),
                Some(Err(error)) => return Err(Hold::or(self.hold.as_ref(), fate::after_headers(error))),
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

fn refused(malformed: Malformed, limit: usize) -> Error {
    match malformed {
        Malformed::Flag(flag) => {
            Error::internal(format!("the answer has a message with the flag {flag}, which nobody asked for"))
        }
        Malformed::Length(length) => {
            Error::resource_exhausted(format!("a message of {length} bytes; the limit is {limit}"))
        }
    }
}
