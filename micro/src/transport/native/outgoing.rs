//! Outgoing messages of a stream, sent as fast as the peer reads them.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;

use super::frame::{FrameKind, flags};
use super::incoming::FRAME_OVERHEAD;
use super::protocol_error::{ProtocolError, Reason};
use super::shared_connection::SharedConnection;
use super::wire::{Cursor, put_block};
use crate::errors::{Error, Result};
use crate::rpc::Streaming;

/// Ready messages share a frame up to this size.
const MAX_FRAME: usize = 16 * 1024;
/// Number of frames sent before other tasks get their turn.
const FRAMES_PER_TURN: usize = 8;

/// Number of bytes that may still be sent on a stream.
#[derive(Debug)]
pub(super) struct Credit(Mutex<CreditState>);

#[derive(Debug)]
struct CreditState {
    window: usize,
    left: usize,
    sender: Option<Waker>,
}

impl Credit {
    pub(super) fn new(window: u32) -> Arc<Self> {
        let window = window as usize;
        Arc::new(Credit(Mutex::new(CreditState { window, left: window, sender: None })))
    }

    /// Takes the body of CREDIT. Gives the sender, if one waits.
    pub(super) fn grant(&self, mut body: Cursor<'_>) -> Result<Option<Waker>, ProtocolError> {
        let more = u32::from_be_bytes(body.array()?) as usize;
        let mut left = self.left();
        if more > left.window - left.left {
            return Err(ProtocolError::new(Reason::OverCredit, "credit beyond the window"));
        }
        left.left += more;
        Ok(left.sender.take())
    }

    /// Waits until a frame of so many bytes may be sent.
    async fn spend(&self, len: usize) {
        let cost = len + FRAME_OVERHEAD;
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

    fn left(&self) -> MutexGuard<'_, CreditState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Next messages to send on a stream, and whether more follow.
enum Polled {
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
    shared: &SharedConnection<C>,
    id: u32,
    credit: &Credit,
    mut items: Streaming<Bytes>,
    last: u8,
) -> Result<()> {
    let (mut batch, mut held) = (Vec::new(), None);
    let limit = shared.theirs.message as usize;
    let most = MAX_FRAME.min((shared.theirs.window as usize / 2).max(1));
    for turn in 1_usize.. {
        let next = std::future::poll_fn(|cx| gather(&mut items, &mut batch, &mut held, most, limit, cx)).await;
        let flags = if matches!(next, Polled::Last) { last } else { 0 };
        if !batch.is_empty() || flags == flags::END {
            credit.spend(batch.len()).await;
            shared.room().await;
            shared.with(|queue, _| queue.frame(FrameKind::Items, flags, id, |out| out.extend_from_slice(&batch)));
            batch.clear();
        }
        match next {
            Polled::Some if turn.is_multiple_of(FRAMES_PER_TURN) => tokio::task::yield_now().await,
            Polled::Some => {}
            Polled::Last => break,
            Polled::Failed(error) => return Err(error),
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
) -> Poll<Polled> {
    if let Some(item) = held.take() {
        put_block(batch, &item);
    }
    while batch.len() < most {
        match Pin::new(&mut *items).poll_next(cx) {
            Poll::Ready(Some(Ok(item))) if item.len() > limit => {
                let words = format!("a message of {} bytes, and the peer takes {limit}", item.len());
                return Poll::Ready(Polled::Failed(Error::resource_exhausted(words)));
            }
            Poll::Ready(Some(Ok(item))) if !batch.is_empty() && batch.len() + item.len() > most => {
                *held = Some(item);
                return Poll::Ready(Polled::Some);
            }
            Poll::Ready(Some(Ok(item))) => put_block(batch, &item),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Polled::Failed(error)),
            Poll::Ready(None) => return Poll::Ready(Polled::Last),
            Poll::Pending if batch.is_empty() => return Poll::Pending,
            Poll::Pending => return Poll::Ready(Polled::Some),
        }
    }
    Poll::Ready(Polled::Some)
}
