//! The streams of a call: what has come and waits for its reader, and what goes out as fast as the other side reads.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;

use super::frame::{Kind, flags};
use super::link::Link;
use super::violation::{Reason, Violation};
use super::wire::{Cursor, put_block};
use crate::errors::{Error, Result};
use crate::rpc::Streaming;

/// What a frame of items costs beside its length.
const COST: usize = 32;
/// Ready messages share a frame up to this size.
const FULL: usize = 16 * 1024;
/// How many frames are sent before others get their turn.
const TURN: usize = 8;

/// What has come on a stream and was not read yet.
#[derive(Debug)]
pub(super) struct Inbox(Mutex<Inside>);

#[derive(Debug)]
struct Inside {
    frames: VecDeque<Bytes>,
    window: usize,
    /// What the sender may still send.
    credit: usize,
    ended: Option<Result<()>>,
    reader: Option<Waker>,
    abandoned: bool,
}

impl Inbox {
    pub(super) fn new(window: u32) -> Arc<Self> {
        let window = window as usize;
        Arc::new(Inbox(Mutex::new(Inside {
            frames: VecDeque::new(),
            window,
            credit: window,
            ended: None,
            reader: None,
            abandoned: false,
        })))
    }

    /// Takes the body of ITEMS. Gives the reader, if one waits.
    pub(super) fn deliver(&self, body: Cursor<'_>) -> Result<Option<Waker>, Violation> {
        let mut inside = self.inside();
        if inside.ended.is_some() {
            return Err(Violation::new(Reason::OverCredit, "items behind the last"));
        }
        let cost = body.len() + COST;
        if cost > inside.credit && inside.credit <= inside.window / 2 {
            return Err(Violation::new(
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

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reader of an [`Inbox`]: takes all frames that are there at once, and gives their messages one by one.
pub(super) struct Items<C> {
    link: Arc<Link<C>>,
    id: u32,
    inbox: Arc<Inbox>,
    frames: VecDeque<Bytes>,
    /// The frame that is being read, and how far.
    frame: Bytes,
    at: usize,
    /// What the frames read cost, and the sender was not given back.
    owed: usize,
    over: bool,
}

impl<C> Items<C> {
    pub(super) fn new(link: Arc<Link<C>>, id: u32, inbox: Arc<Inbox>) -> Self {
        let (frames, frame) = (VecDeque::new(), Bytes::new());
        Items { link, id, inbox, frames, frame, at: 0, owed: 0, over: false }
    }

    fn message(&mut self) -> Result<Option<Bytes>> {
        if self.at == self.frame.len() {
            return Ok(None);
        }
        let mut rest = Cursor::within(&self.frame, self.at, self.frame.len() - self.at);
        let limit = self.link.ours.message as usize;
        let read = rest.block(limit).map(|block| (block.rest(), self.frame.len() - rest.len()));
        let (message, at) = read.map_err(|error| {
            let code =
                if error.reason() == Reason::TooLong { crate::Code::ResourceExhausted } else { crate::Code::Internal };
            Error::new(code, "a message of the stream cannot be read").from_source(error)
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
        self.owed += next.len() + COST;
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
        self.link.with(|queue, _| {
            queue.frame(Kind::Credit, 0, id, |out| out.extend_from_slice(&(credit as u32).to_be_bytes()))
        });
    }
}

impl<C> Stream for Items<C> {
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

impl<C> Drop for Items<C> {
    fn drop(&mut self) {
        self.inbox.abandon();
    }
}

impl<C> fmt::Debug for Items<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items({})", self.id)
    }
}

/// What one side may still send on a stream.
#[derive(Debug)]
pub(super) struct Credit(Mutex<Left>);

#[derive(Debug)]
struct Left {
    window: usize,
    left: usize,
    sender: Option<Waker>,
}

impl Credit {
    pub(super) fn new(window: u32) -> Arc<Self> {
        let window = window as usize;
        Arc::new(Credit(Mutex::new(Left { window, left: window, sender: None })))
    }

    /// Takes the body of CREDIT. Gives the sender, if one waits.
    pub(super) fn grant(&self, mut body: Cursor<'_>) -> Result<Option<Waker>, Violation> {
        let more = u32::from_be_bytes(body.array()?) as usize;
        let mut left = self.left();
        if more > left.window - left.left {
            return Err(Violation::new(Reason::OverCredit, "credit beyond the window"));
        }
        left.left += more;
        Ok(left.sender.take())
    }

    /// Waits until a frame of so many bytes may be sent.
    async fn spend(&self, len: usize) {
        let cost = len + COST;
        std::future::poll_fn(|cx| {
            let mut left = self.left();
            if cost > left.left && left.left <= left.window / 2 {
                left.sender = Some(cx.waker().clone());
                return Poll::Pending;
            }
            left.left = left.left.saturating_sub(cost);
            Poll::Ready(())
        })
        .await;
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

/// What there is to send on a stream, and whether more comes.
enum Next {
    Some,
    Last,
    Failed(Error),
}

/// Sends `items` as call `id`: what is ready shares a frame, and nothing is sent that the other side has no room for.
///
/// # Errors
///
/// What the stream fails with; what came before it is sent.
pub(super) async fn send<C>(
    link: &Link<C>,
    id: u32,
    credit: &Credit,
    mut items: Streaming<Bytes>,
    last: u8,
) -> Result<()> {
    let (mut batch, mut held) = (Vec::new(), None);
    let limit = link.theirs.message as usize;
    let most = FULL.min((link.theirs.window as usize / 2).max(1));
    for turn in 1_usize.. {
        let next = std::future::poll_fn(|cx| gather(&mut items, &mut batch, &mut held, most, limit, cx)).await;
        let flags = if matches!(next, Next::Last) { last } else { 0 };
        if !batch.is_empty() || flags == flags::END {
            credit.spend(batch.len()).await;
            link.room().await;
            link.with(|queue, _| queue.frame(Kind::Items, flags, id, |out| out.extend_from_slice(&batch)));
            batch.clear();
        }
        match next {
            Next::Some if turn.is_multiple_of(TURN) => tokio::task::yield_now().await,
            Next::Some => {}
            Next::Last => break,
            Next::Failed(error) => return Err(error),
        }
    }
    Ok(())
}

fn gather(
    items: &mut Streaming<Bytes>,
    batch: &mut Vec<u8>,
    held: &mut Option<Bytes>,
    most: usize,
    limit: usize,
    cx: &mut Cx<'_>,
) -> Poll<Next> {
    if let Some(item) = held.take() {
        put_block(batch, &item);
    }
    while batch.len() < most {
        match Pin::new(&mut *items).poll_next(cx) {
            Poll::Ready(Some(Ok(item))) if item.len() > limit => {
                let words = format!("a message of {} bytes, and the peer takes {limit}", item.len());
                return Poll::Ready(Next::Failed(Error::resource_exhausted(words)));
            }
            Poll::Ready(Some(Ok(item))) if !batch.is_empty() && batch.len() + item.len() > most => {
                *held = Some(item);
                return Poll::Ready(Next::Some);
            }
            Poll::Ready(Some(Ok(item))) => put_block(batch, &item),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Next::Failed(error)),
            Poll::Ready(None) => return Poll::Ready(Next::Last),
            Poll::Pending if batch.is_empty() => return Poll::Pending,
            Poll::Pending => return Poll::Ready(Next::Some),
        }
    }
    Poll::Ready(Next::Some)
}
