//! Events on their way to a subscriber, and what becomes of them.

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context as Cx, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::future::BoxFuture;

use super::Event;
use crate::errors::Result;

/// An event that was handed to a subscriber, who settles it: by then the broker keeps it.
///
/// One that is dropped unsettled is delivered again, as if its subscriber had died.
pub struct Delivery {
    /// The event.
    pub event: Event,
    /// Number of this delivery of the event to this queue, from 1 on; 1 for brokers that do not count.
    pub attempt: u32,
    pub(super) settle: Box<dyn Settle>,
}

/// Settles a delivery. Dropping it unsettled is like [`retry`](Self::retry) without a delay.
pub trait Settle: Send + Sync {
    /// Acknowledges the event.
    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>>;

    /// Requests redelivery, not before `after` has passed.
    fn retry(self: Box<Self>, after: Duration) -> BoxFuture<'static, Result<()>>;

    /// Discards the event for good, though it was not handled.
    fn reject(self: Box<Self>) -> BoxFuture<'static, Result<()>>;

    /// Extends the lease: the event is still being handled, and is not redelivered for another lease from now.
    fn extend(&self) -> BoxFuture<'_, Result<()>>;
}

impl Delivery {
    /// A delivery that `settle` hears of.
    pub fn new(event: Event, attempt: u32, settle: impl Settle + 'static) -> Self {
        Delivery { event, attempt, settle: Box::new(settle) }
    }

    /// A delivery that is settled by calling `end`, within this process, and that is not redelivered meanwhile.
    pub(crate) fn ending_at(event: Event, attempt: u32, end: impl FnOnce(Settlement) + Send + Sync + 'static) -> Self {
        Self::new(event, attempt, SettleFn(Some(end)))
    }

    /// Acknowledges the event.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) when the broker cannot be told: it will deliver the event again.
    pub async fn ack(self) -> Result<()> {
        self.settle.ack().await
    }

    /// Gives it back, to be delivered again not before `after` has passed.
    ///
    /// # Errors
    ///
    /// As [`ack`](Self::ack).
    pub async fn retry(self, after: Duration) -> Result<()> {
        self.settle.retry(after).await
    }

    /// Discards the event for good: it is not redelivered.
    ///
    /// # Errors
    ///
    /// As [`ack`](Self::ack).
    pub async fn reject(self) -> Result<()> {
        self.settle.reject().await
    }

    /// Says that it is still being handled.
    ///
    /// # Errors
    ///
    /// As [`ack`](Self::ack).
    pub async fn extend(&self) -> Result<()> {
        self.settle.extend().await
    }
}

/// Settlement of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// Handled, or given up: the event is not redelivered.
    Done,
    /// To be redelivered, not before this delay has passed.
    Again(Duration),
}

/// Settles where that is a matter of a moment.
struct SettleFn<F: FnOnce(Settlement)>(Option<F>);

impl<F: FnOnce(Settlement)> SettleFn<F> {
    fn end(&mut self, how: Settlement) {
        if let Some(end) = self.0.take() {
            end(how);
        }
    }
}

impl<F: FnOnce(Settlement) + Send + Sync> Settle for SettleFn<F> {
    fn ack(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.end(Settlement::Done);
        Box::pin(ready(Ok(())))
    }

    fn retry(mut self: Box<Self>, after: Duration) -> BoxFuture<'static, Result<()>> {
        self.end(Settlement::Again(after));
        Box::pin(ready(Ok(())))
    }

    fn reject(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        self.end(Settlement::Done);
        Box::pin(ready(Ok(())))
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(ready(Ok(())))
    }
}

impl<F: FnOnce(Settlement)> Drop for SettleFn<F> {
    fn drop(&mut self) {
        self.end(Settlement::Again(Duration::ZERO));
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("event", &self.event).field("attempt", &self.attempt).finish()
    }
}

/// The events of a subscription, as they come. Dropping it ends the subscription: nothing more is delivered, and what was
/// is still to be settled.
///
/// An error among them says that the broker is away; the subscription goes on by itself once it is back. The stream ends
/// when the subscription does, for good.
pub struct Deliveries(Pin<Box<dyn Stream<Item = Result<Delivery>> + Send>>);

impl Deliveries {
    /// Whatever `deliveries` yields.
    pub fn new(deliveries: impl Stream<Item = Result<Delivery>> + Send + 'static) -> Self {
        Deliveries(Box::pin(deliveries))
    }
}

impl Stream for Deliveries {
    type Item = Result<Delivery>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deliveries")
    }
}
