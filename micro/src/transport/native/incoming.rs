//! Received messages of a stream, waiting for their reader.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;

use super::frame::FrameKind;
use super::protocol_error::{ProtocolError, Reason};
use super::shared_connection::SharedConnection;
use super::wire::Cursor;
use crate::errors::{Error, Result};
use crate::rpc::Streaming;

/// Cost of a frame of items in addition to its length.
pub(super) const FRAME_OVERHEAD: usize = 32;
/// Messages received on a stream and not read yet.
#[derive(Debug)]
pub(super) struct MessageInbox(Mutex<InboxState>);

#[derive(Debug)]
struct InboxState {
    frames: VecDeque<Bytes>,
    window: usize,
    /// Number of bytes the sender may still send.
    credit: usize,
    ended: Option<Result<()>>,
    reader: Option<Waker>,
    abandoned: bool,
}

impl MessageInbox {
    pub(super) fn new(window: u32) -> Arc<Self> {
        let window = window as usize;
        Arc::new(MessageInbox(Mutex::new(InboxState {
            frames: VecDeque::new(),
            window,
            credit: window,
            ended: None,
            reader: None,
            abandoned: false,
        })))
    }

    /// Takes the body of ITEMS. Gives the reader, if one waits.
    pub(super) fn deliver(&self, body: Cursor<'_>) -> Result<Option<Waker>, ProtocolError> {
        let mut inside = self.inside();
        if inside.ended.is_some() {
            return Err(ProtocolError::new(Reason::OverCredit, "items behind the last"));
        }
        let cost = body.len() + FRAME_OVERHEAD;
        if cost > inside.credit && inside.credit <= inside.window / 2 {
            return Err(ProtocolError::new(
                Reason::OverCredit,
                format!("{} bytes too many on a stream", cost - inside.credit),
            ));
        }
        inside.credit = inside.credit.saturating_sub(cost);
        if inside.abandoned || body.is_empty() {
            return Ok(None);
        }
        inside.frames.push_back(body.rest());
        Ok(inside.reader.take())
    }

    /// Ends the stream; what came before is still read. Gives the reader, if one waits.
    pub(super) fn end(&self, how: Result<()>) -> Option<Waker> {
        let mut inside = self.inside();
        inside.ended.get_or_insert(how);
        inside.reader.take()
    }

    fn abandon(&self) {
        let mut inside = self.inside();
        inside.abandoned = true;
        inside.frames.clear();
    }

    fn inside(&self) -> MutexGuard<'_, InboxState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reader of an [`MessageInbox`]: takes all frames that are there at once, and gives their messages one by one.
pub(super) struct IncomingMessages<C> {
    shared: Arc<SharedConnection<C>>,
    id: u32,
    inbox: Arc<MessageInbox>,
    frames: VecDeque<Bytes>,
    /// The frame that is being read, and how far.
    frame: Bytes,
    at: usize,
    /// Cost of the frames read that was not granted to the sender again yet.
    owed: usize,
    over: bool,
}

impl<C> IncomingMessages<C> {
    pub(super) fn new(shared: Arc<SharedConnection<C>>, id: u32, inbox: Arc<MessageInbox>) -> Self {
        let (frames, frame) = (VecDeque::new(), Bytes::new());
        IncomingMessages { shared, id, inbox, frames, frame, at: 0, owed: 0, over: false }
    }

    fn message(&mut self) -> Result<Option<Bytes>> {
        if self.at == self.frame.len() {
            return Ok(None);
        }
        let mut rest = Cursor::within(&self.frame, self.at, self.frame.len() - self.at);
        let limit = self.shared.ours.message as usize;
        let read = rest.block(limit).map(|block| (block.rest(), self.frame.len() - rest.len()));
        let (message, at) = read.map_err(|error| {
            let code =
                if error.reason() == Reason::TooLong { crate::Code::ResourceExhausted } else { crate::Code::Internal };
            Error::new(code, "a message of the stream cannot be read").with_source(error)
        })?;
        self.at = at;
        Ok(Some(message))
    }

    /// The next frame, or how the stream ended.
    fn poll_frame(&mut self, cx: &Cx<'_>) -> Poll<Option<Result<()>>> {
        self.settle();
        if self.frames.is_empty() {
            let mut inside = self.inbox.inside();
            if inside.frames.is_empty() {
                if let Some(ended) = &inside.ended {
                    return Poll::Ready(ended.clone().err().map(Err));
                }
                match &inside.reader {
                    Some(reader) if reader.will_wake(cx.waker()) => {}
                    _ => inside.reader = Some(cx.waker().clone()),
                }
                return Poll::Pending;
            }
            std::mem::swap(&mut inside.frames, &mut self.frames);
        }
        let next = self.frames.pop_front().unwrap_or_default();
        self.owed += next.len() + FRAME_OVERHEAD;
        (self.frame, self.at) = (next, 0);
        Poll::Ready(Some(Ok(())))
    }

    /// Gives back what was read, when it is worth a frame.
    fn settle(&mut self) {
        let credit = {
            let mut inside = self.inbox.inside();
            if inside.ended.is_some() || self.owed < inside.window / 2 {
                return;
            }
            let credit = self.owed.min(inside.window - inside.credit);
            inside.credit += credit;
            credit
        };
        self.owed = 0;
        let id = self.id;
        self.shared.with(|queue, _| {
            queue.frame(FrameKind::Credit, 0, id, |out| out.extend_from_slice(&(credit as u32).to_be_bytes()))
        });
    }
}

impl<C> Stream for IncomingMessages<C> {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = self.get_mut();
        while !this.over {
            match this.message() {
                Ok(Some(message)) => return Poll::Ready(Some(Ok(message))),
                Ok(None) => match std::task::ready!(this.poll_frame(cx)) {
                    Some(Ok(())) => continue,
                    Some(Err(error)) => {
                        this.over = true;
                        return Poll::Ready(Some(Err(error)));
                    }
                    None => this.over = true,
                },
                Err(error) => {
                    this.over = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }
}

impl<C> Drop for IncomingMessages<C> {
    fn drop(&mut self) {
        self.inbox.abandon();
    }
}

impl<C> fmt::Debug for IncomingMessages<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items({})", self.id)
    }
}

/// The one message of a stream, where no more than one can be used.
///
/// # Errors
///
/// [`Code::InvalidArgument`](crate::Code::InvalidArgument) when there is none, or more; what the stream fails with.
pub(super) async fn only(mut items: Streaming<Bytes>) -> Result<Bytes> {
    let wrong = |words| Error::invalid_argument(words);
    let item = items.try_next().await?.ok_or_else(|| wrong("an empty stream where one message was expected"))?;
    match items.try_next().await? {
        None => Ok(item),
        Some(_) => Err(wrong("a stream where one message was expected")),
    }
}
