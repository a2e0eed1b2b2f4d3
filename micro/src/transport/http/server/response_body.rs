//! The body of an answer, as it is sent.

use std::pin::Pin;
use std::task::{Context as Cx, Poll};

use axum::body::Body as AxumBody;
use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;

use super::trailers::trailers;
use crate::context::Context;
use crate::transport::http::frame_coalescing::CoalescingBody;
use crate::transport::http::framing::{FramePiece, Framed};
use crate::transport::http::read_detector::PeerActivity;
use crate::transport::http::write_coalescing::InFlightGuard;
use crate::util::clock::{self, Sleep};

/// The body of an answer. Its connection counts the call until this is dropped.
pub(super) struct ResponseBody {
    kind: BodyKind,
    busy: Option<InFlightGuard>,
}

enum BodyKind {
    /// All was said in the headers.
    Nothing,
    /// One message of gRPC, and what is behind it.
    One(Option<FramePiece>, Option<HeaderMap>),
    /// A stream of them.
    Many(Box<CoalescingBody<BodyItems>>),
    /// Whatever else is served here.
    Other(AxumBody),
}

impl ResponseBody {
    pub(super) fn nothing() -> Self {
        ResponseBody::from(BodyKind::Nothing)
    }

    pub(super) fn one(message: FramePiece, trailers: HeaderMap) -> Self {
        ResponseBody::from(BodyKind::One(Some(message), Some(trailers)))
    }

    /// No message, and what is behind the headers.
    pub(super) fn ended(trailers: HeaderMap) -> Self {
        ResponseBody::from(BodyKind::One(None, Some(trailers)))
    }

    /// A stream to a peer that `activity` tells of, where it sends one too.
    pub(super) fn many(items: BodyItems, activity: Option<PeerActivity>) -> Self {
        ResponseBody::from(BodyKind::Many(Box::new(CoalescingBody::new(items, activity))))
    }

    pub(super) fn other(body: AxumBody) -> Self {
        ResponseBody::from(BodyKind::Other(body))
    }

    /// Keeps the connection's call count raised until the body is dropped.
    pub(super) fn keeping(mut self, busy: InFlightGuard) -> Self {
        self.busy = Some(busy);
        self
    }

    /// Converts into axum's body.
    pub(super) fn into_axum(self) -> AxumBody {
        AxumBody::new(self.map_frame(|frame| frame.map_data(|mut piece| piece.copy_to_bytes(piece.remaining()))))
    }
}

impl From<BodyKind> for ResponseBody {
    fn from(kind: BodyKind) -> Self {
        ResponseBody { kind, busy: None }
    }
}

impl Body for ResponseBody {
    type Data = FramePiece;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Frame<FramePiece>, axum::Error>>> {
        let polled = match &mut self.kind {
            BodyKind::Nothing => return Poll::Ready(None),
            BodyKind::One(message, trailers) => {
                let message = message.take().map(Frame::data);
                let frame = message.or_else(|| trailers.take().map(Frame::trailers));
                return Poll::Ready(frame.map(Ok));
            }
            BodyKind::Many(items) => Pin::new(&mut **items).poll_frame(cx).map_err(|never| match never {}),
            BodyKind::Other(body) => Pin::new(body).poll_frame(cx),
        };
        polled.map_ok(|frame| frame.map_data(FramePiece::from))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            BodyKind::Nothing => true,
            BodyKind::One(message, trailers) => message.is_none() && trailers.is_none(),
            BodyKind::Many(_) => false,
            BodyKind::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            BodyKind::Nothing => SizeHint::with_exact(0),
            BodyKind::One(..) | BodyKind::Many(_) => SizeHint::default(),
            BodyKind::Other(body) => body.size_hint(),
        }
    }
}

/// A stream of messages and what is behind them, within the time of its call.
pub(super) struct BodyItems {
    framed: Framed,
    context: Context,
    timer: Option<Pin<Box<Sleep>>>,
    ended: bool,
}

impl BodyItems {
    pub(super) fn new(framed: Framed, context: Context) -> Self {
        BodyItems { framed, context, timer: None, ended: false }
    }

    fn poll_deadline(&mut self, cx: &mut Cx<'_>) -> Poll<()> {
        let Some(deadline) = self.context.deadline() else { return Poll::Pending };
        self.timer.get_or_insert_with(|| Box::pin(clock::sleep_until(deadline))).as_mut().poll(cx)
    }
}

impl Body for BodyItems {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Cx<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        let outcome = match this.framed.poll_ready(cx) {
            Poll::Ready(Some(Ok(bytes))) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Poll::Ready(Some(Err(error))) => Some(error),
            Poll::Ready(None) => None,
            Poll::Pending if this.poll_deadline(cx).is_pending() => return Poll::Pending,
            Poll::Pending => Some(Context::deadline_exceeded()),
        };
        // Whatever the handler still holds is dropped before the caller learns that it is over.
        this.framed.close();
        this.ended = true;
        // Read only now: what the stream says while it runs counts.
        Poll::Ready(Some(Ok(Frame::trailers(trailers(&this.context, outcome.as_ref())))))
    }
}
