use std::fmt;
use std::pin::Pin;
use std::task::{Context as Cx, Poll};

use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::service_error::ServiceError;
use crate::errors::Error;

/// A stream of messages, in the place of a message on either side of a method.
///
/// It ends after the first error. Dropping it cancels the stream on the other side.
///
/// ```
/// use micro::prelude::*;
///
/// # async fn example() -> Result<()> {
/// let mut numbers: Streaming<u32> = Streaming::iter(1..=3);
/// let mut sum = 0;
/// while let Some(number) = numbers.next().await {
///     sum += number?;
/// }
/// assert_eq!(sum, 6);
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is read"]
pub struct Streaming<T, E = Error>(Pin<Box<dyn Stream<Item = Result<T, E>> + Send>>);

impl<T, E> Streaming<T, E> {
    /// A stream of whatever `stream` yields.
    pub fn new(stream: impl Stream<Item = Result<T, E>> + Send + 'static) -> Self {
        Streaming(Box::pin(stream))
    }

    /// A stream of ready values.
    pub fn iter(items: impl IntoIterator<Item = T, IntoIter: Send + 'static>) -> Self
    where
        T: Send + 'static,
        E: 'static,
    {
        Self::new(futures_util::stream::iter(items.into_iter().map(Ok)))
    }

    /// A stream with no items.
    pub fn empty() -> Self
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        Self::new(futures_util::stream::empty())
    }

    /// A stream that fails at once.
    pub fn failing(error: E) -> Self
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        Self::new(futures_util::stream::iter([Err(error)]))
    }

    /// A stream and the end that fills it. When `capacity` items wait to be read, sending waits.
    pub fn channel(capacity: usize) -> (Sender<T, E>, Self)
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let (sender, mut receiver) = mpsc::channel(capacity.max(1));
        (Sender(sender), Self::new(futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx))))
    }

    /// The next item; `None` at the end. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<T, E>> {
        self.0.next().await
    }

    /// The next item, the other way round: `while let Some(item) = stream.try_next().await? { .. }`.
    ///
    /// # Errors
    ///
    /// What the stream ended with.
    pub async fn try_next(&mut self) -> Result<Option<T>, E> {
        self.0.try_next().await
    }

    /// All items.
    ///
    /// # Errors
    ///
    /// What the stream ended with; the items before it are lost.
    pub async fn try_collect(self) -> Result<Vec<T>, E> {
        self.0.try_collect().await
    }
}

impl<T, E> Stream for Streaming<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T, E> fmt::Debug for Streaming<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streaming(..)")
    }
}

/// The end that fills a [`Streaming::channel`]. The stream ends when the last clone is dropped.
pub struct Sender<T, E = Error>(mpsc::Sender<Result<T, E>>);

impl<T, E> Sender<T, E> {
    /// Sends one item, waiting while the stream is full. Returns `false` if the receiver was dropped.
    pub async fn send(&self, item: T) -> bool {
        self.0.send(Ok(item)).await.is_ok()
    }

    /// Ends the stream with an error. Returns `false` if the receiver was dropped.
    pub async fn fail(self, error: E) -> bool {
        self.0.send(Err(error)).await.is_ok()
    }

    /// Waits until the receiver is dropped.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

impl<T, E> Clone for Sender<T, E> {
    fn clone(&self) -> Self {
        Sender(self.0.clone())
    }
}

impl<T, E> fmt::Debug for Sender<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender(..)")
    }
}

/// Changes the streams of a call, whatever their items: what [`Body::wrapped`](super::Body::wrapped) applies.
#[doc(hidden)]
pub trait Wrap {
    /// The changed stream.
    fn wrap<T: Send + 'static, E: ServiceError>(self, stream: Streaming<T, E>) -> Streaming<T, E>;
}
