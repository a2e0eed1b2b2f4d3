//! Streams on which nothing moves any more.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Cx, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::service_error::ServiceError;
use super::streaming::{Streaming, Wrap};
use crate::errors::{Code, Error, Result};
use crate::util::clock::{self, Instant, Sleep};

/// Idle timeout of the streams of one call. Both directions share it: an item in one keeps the other alive.
///
/// Only waiting counts: a reader that takes its time over an item, or a peer that does not read, is not idle.
#[derive(Clone, Debug)]
pub(crate) struct Idle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: Duration,
    last: Mutex<Instant>,
}

/// Watches the stream of one direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdleWatch<'a> {
    idle: &'a Idle,
    ends: bool,
}

impl Wrap for IdleWatch<'_> {
    fn wrap<T: Send + 'static, E: ServiceError>(self, stream: Streaming<T, E>) -> Streaming<T, E> {
        let wait = if self.ends { Wait::Ready } else { Wait::Noting };
        Streaming::new(WatchedStream { inner: Some(stream), idle: self.idle.clone(), wait })
    }
}

impl Idle {
    /// A call that begins now.
    pub(crate) fn new(limit: Duration) -> Self {
        Idle(Arc::new(Inner { limit, last: Mutex::new(clock::now()) }))
    }

    /// Runs what belongs to the call until it ends or nothing has moved for too long.
    ///
    /// # Errors
    ///
    /// [`Code::DeadlineExceeded`] when nothing has moved for too long; `run` is dropped then.
    pub(crate) async fn bound<T>(&self, run: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            result = run => result,
            () = self.expired() => Err(self.error()),
        }
    }

    /// For the requests: their items show that the call is alive, and waiting for them is bounded by what waits for the
    /// reply.
    pub(crate) fn requests(&self) -> IdleWatch<'_> {
        IdleWatch { idle: self, ends: false }
    }

    /// For the replies: waiting for them ends when nothing has moved for too long.
    pub(crate) fn replies(&self) -> IdleWatch<'_> {
        IdleWatch { idle: self, ends: true }
    }

    fn moved(&self) {
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = clock::now();
    }

    /// Returns the time at which the idle timeout expires, unless an item moves.
    fn end(&self) -> Instant {
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) + self.0.limit
    }

    async fn expired(&self) {
        while clock::now() < self.end() {
            clock::sleep_until(self.end()).await;
        }
    }

    fn error(&self) -> Error {
        Error::new(Code::DeadlineExceeded, format!("nothing moved on the stream for {:?}", self.0.limit))
    }
}

struct WatchedStream<T, E> {
    inner: Option<Streaming<T, E>>,
    idle: Idle,
    wait: Wait,
}

/// State of a stream with respect to the idle timeout.
enum Wait {
    /// Not watched.
    Noting,
    /// The stream has just yielded an item.
    Ready,
    /// The stream waits for its next item.
    Waiting(Pin<Box<Sleep>>),
}

impl<T, E: ServiceError> WatchedStream<T, E> {
    fn poll_silence(&mut self, cx: &mut Cx<'_>) -> Poll<()> {
        if matches!(self.wait, Wait::Ready) {
            // From here on the reader waits; time before that does not count.
            self.idle.moved();
            self.wait = Wait::Waiting(Box::pin(clock::sleep_until(self.idle.end())));
        }
        let Wait::Waiting(timer) = &mut self.wait else { return Poll::Pending };
        while timer.as_mut().poll(cx).is_ready() {
            let end = self.idle.end();
            if end <= clock::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(end);
        }
        Poll::Pending
    }
}

impl<T, E: ServiceError> Stream for WatchedStream<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        if let Poll::Ready(item) = Pin::new(inner).poll_next(cx) {
            this.idle.moved();
            if matches!(this.wait, Wait::Waiting(_)) {
                this.wait = Wait::Ready;
            }
            return Poll::Ready(item);
        }
        std::task::ready!(this.poll_silence(cx));
        this.inner = None;
        Poll::Ready(Some(Err(E::from_error(this.idle.error()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn silence_ends_a_stream_and_items_of_either_side_do_not() {
        let idle = Idle::new(LIMIT);
        let (requests, incoming) = Streaming::<u32>::channel(1);
        let (replies, outgoing) = Streaming::<u32>::channel(1);
        let (mut incoming, mut outgoing) = (idle.requests().wrap(incoming), idle.replies().wrap(outgoing));
        let begun = clock::now();
        let asking = async {
            for n in 0..5 {
                clock::sleep(LIMIT - Duration::from_secs(1)).await;
                requests.send(n).await;
                incoming.next().await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = asking => {}
            item = outgoing.next() => assert_eq!(item.unwrap().unwrap_err().code(), Code::DeadlineExceeded),
        }
        assert_eq!(begun.elapsed().as_secs(), 5 * 9 + 10);
        assert!(outgoing.next().await.is_none());
        assert!(!replies.send(1).await, "what was behind it is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_may_take_its_time() {
        let idle = Idle::new(LIMIT);
        let (replies, outgoing) = Streaming::<u32>::channel(1);
        let mut outgoing = idle.replies().wrap(outgoing);
        replies.send(1).await;
        assert_eq!(outgoing.next().await.unwrap().unwrap(), 1);
        clock::sleep(10 * LIMIT).await;
        let late = async {
            clock::sleep(LIMIT / 2).await;
            replies.send(2).await;
        };
        let (item, ()) = tokio::join!(outgoing.next(), late);
        assert_eq!(item.unwrap().unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_reply_is_bounded_too() {
        let idle = Idle::new(LIMIT);
        let error = idle.bound(std::future::pending::<Result<()>>()).await.unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert_eq!(Idle::new(LIMIT).bound(async { Ok(7) }).await.unwrap(), 7);
    }
}
