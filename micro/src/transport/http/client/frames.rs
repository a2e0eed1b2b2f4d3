//! The bodies of a call: what is sent, and what comes back.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Cx, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream};
use http::HeaderMap;
use http_body::{Body, Frame};

use super::compression::{self, Compression, Decompressor};
use super::h2_errors::{self, RequestShape};
use crate::errors::{Error, Result};
use crate::rpc::Payload;
use crate::transport::http::frame_coalescing::CoalescingBody;
use crate::transport::http::framing::{FramePiece, Framed, Malformed, UNCOMPRESSED_FLAG, Unread};
use crate::transport::http::read_detector::ActivityCounter;
use crate::transport::http::status;
use crate::util::spawn::{self, Task};

/// The body of a request.
pub(super) enum Outgoing {
    /// One message, framed.
    One(FramePiece),
    /// A stream of them.
    Many(Box<CoalescingBody<OutgoingRequests>>, Failure),
}

impl Outgoing {
    /// Frames `payload`; `counter` is where the peer's own stream is read.
    ///
    /// # Errors
    ///
    /// [`Code::ResourceExhausted`](crate::Code::ResourceExhausted) when a message is longer than four bytes can say.
    pub(super) fn new(payload: Payload, compression: &Compression, counter: &ActivityCounter) -> Result<Self> {
        match payload {
            Payload::One(message) => Ok(Outgoing::One(FramePiece::message(message, compression.compressor())?)),
            Payload::Many(items) => {
                let requests = OutgoingRequests(Framed::new(items, compression.compressor().cloned()));
                Ok(Outgoing::Many(
                    Box::new(CoalescingBody::new(requests, Some(counter.activity()))),
                    Failure::default(),
                ))
            }
        }
    }

    /// Returns whether all of the request is known before any of it is sent.
    pub(super) fn shape(&self) -> RequestShape {
        match self {
            Outgoing::One(_) => RequestShape::One,
            Outgoing::Many(..) => RequestShape::Many,
        }
    }

    /// Sends it: a message at once, a stream as it comes and for as long as the caller holds what is returned.
    pub(super) fn send(self, mut stream: SendStream<FramePiece>) -> Option<RequestStreamGuard> {
        match self {
            Outgoing::One(message) => {
                // It fails only where the answer does, too.
                let _ = stream.send_data(message, true);
                None
            }
            Outgoing::Many(requests, failure) => {
                let told = failure.clone();
                let sending = spawn::spawn(async move {
                    if let Err(error) = pump(requests, &mut stream).await {
                        *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        stream.send_reset(Reason::CANCEL);
                    }
                });
                Some(RequestStreamGuard { failure, _sending: sending })
            }
        }
    }
}

/// Sends frame after frame, each when there is room for it, until the stream ends or the peer wants no more of it.
///
/// # Errors
///
/// What the stream fails with.
async fn pump(mut requests: Box<CoalescingBody<OutgoingRequests>>, stream: &mut SendStream<FramePiece>) -> Result<()> {
    loop {
        let next = poll_fn(|cx| match stream.poll_reset(cx) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut requests).poll_frame(cx).map(Some),
        });
        let Some(next) = next.await else { return Ok(()) };
        let Some(frame) = next.transpose()? else {
            let _ = stream.send_data(FramePiece::from(Bytes::new()), true);
            return Ok(());
        };
        let Ok(data) = frame.into_data() else { continue };
        // h2 asks for the rest by itself; a claim on all of it would keep room from other calls.
        stream.reserve_capacity(1);
        while stream.capacity() == 0 {
            let Some(Ok(_)) = poll_fn(|cx| stream.poll_capacity(cx)).await else { return Ok(()) };
        }
        if stream.send_data(FramePiece::from(data), false).is_err() {
            return Ok(());
        }
    }
}

/// The caller's end of a stream of requests. Dropping it resets the stream, so that the handler is cancelled.
#[derive(Debug)]
pub(super) struct RequestStreamGuard {
    failure: Failure,
    _sending: Task<()>,
}

/// Error of the caller's own stream. The peer receives only a reset; the caller gets the error itself.
type Failure = Arc<Mutex<Option<Error>>>;

impl RequestStreamGuard {
    /// Returns the error of the held stream, or else `error`.
    pub(super) fn or(hold: Option<&Self>, error: Error) -> Error {
        let own = hold.and_then(|hold| hold.failure.lock().unwrap_or_else(PoisonError::into_inner).take());
        own.unwrap_or(error)
    }
}

/// The frames of a stream of requests.
pub(super) struct OutgoingRequests(Framed);

impl Body for OutgoingRequests {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        self.0.poll_ready(cx).map_ok(Frame::data)
    }
}

/// The messages of a response, and then its outcome.
pub(super) struct Messages {
    body: RecvStream,
    unread: Unread,
    limit: usize,
    decompressor: Option<Decompressor>,
    hold: Option<RequestStreamGuard>,
    counter: ActivityCounter,
    trailers: Option<HeaderMap>,
}

impl Messages {
    pub(super) fn new(
        body: RecvStream,
        limit: usize,
        decompressor: Option<Decompressor>,
        hold: Option<RequestStreamGuard>,
        counter: ActivityCounter,
    ) -> Self {
        Messages { body, unread: Unread::default(), limit, decompressor, hold, counter, trailers: None }
    }

    /// The next message; `None` once the outcome was success. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    ///
    /// The outcome, or what happened on the way to it.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.unread.next(self.limit).map_err(|malformed| refused(malformed, self.limit))? {
                Some((UNCOMPRESSED_FLAG, message)) => return Ok(Some(message)),
                Some((_, packed)) => {
                    return compression::unpack(self.decompressor.as_ref(), packed, self.limit).map(Some);
                }
                None => {}
            }
            match poll_fn(|cx| self.poll_data(cx)).await {
                None => return self.outcome().map(|()| None),
                Some(Err(error)) => {
                    return Err(RequestStreamGuard::or(self.hold.as_ref(), h2_errors::after_headers(error)));
                }
                Some(Ok(data)) => self.unread.add(data),
            }
        }
    }

    // More of the body; its trailers are kept once it has ended.
    fn poll_data(&mut self, cx: &mut Cx<'_>) -> Poll<Option<Result<Bytes, h2::Error>>> {
        let polled = self.body.poll_data(cx);
        self.counter.note(&polled);
        match ready!(polled) {
            Some(Ok(data)) => {
                // What was read makes room for more.
                let _ = self.body.flow_control().release_capacity(data.len());
                Poll::Ready(Some(Ok(data)))
            }
            // A server that has answered need not hear the rest of the request.
            Some(Err(error)) if error.is_reset() && error.reason() == Some(Reason::NO_ERROR) => Poll::Ready(None),
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => match ready!(self.body.poll_trailers(cx)) {
                Ok(trailers) => {
                    self.trailers = trailers;
                    Poll::Ready(None)
                }
                Err(error) => Poll::Ready(Some(Err(error))),
            },
        }
    }

    /// Returns the trailers.
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
