//! Events between the task that fetches them and the subscriber that takes them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_nats::Message;
use tokio::sync::Notify;

use super::acker::{Acker, DeliveryInfo};
use crate::errors::{Error, Result};

/// Fetched events, and the count of those that may be fetched.
///
/// No more than `capacity` events are in here, held by the subscriber and requested from the server, taken together.
pub(super) struct Buffer {
    inner: Mutex<Inner>,
    /// Notified when [`take`](Self::take) may return something.
    filled: Notify,
    /// Notified when more is [wanted](Self::request), or nothing is any more.
    drained: Notify,
}

struct Inner {
    pending: VecDeque<BufferedDelivery>,
    /// Held by the subscriber.
    held: usize,
    /// Requested from the server and not sent yet.
    requested: usize,
    capacity: usize,
    failure: Option<Error>,
    closed: bool,
    /// Sequence after the last event that was seen.
    next: u64,
    unsettled: BTreeSet<u64>,
}

/// An event that the subscriber has not taken yet.
pub(super) struct BufferedDelivery {
    pub(super) message: Message,
    pub(super) info: DeliveryInfo,
    pub(super) acker: Acker,
}

impl Buffer {
    /// `next` is the sequence of the first event that may come.
    pub(super) fn new(capacity: usize, next: u64) -> Self {
        Buffer {
            inner: Mutex::new(Inner {
                pending: VecDeque::new(),
                held: 0,
                requested: 0,
                capacity: capacity.max(1),
                failure: None,
                closed: false,
                next,
                unsettled: BTreeSet::new(),
            }),
            filled: Notify::new(),
            drained: Notify::new(),
        }
    }

    /// Adds an event that was requested.
    pub(super) fn put(&self, pending: BufferedDelivery) {
        let sequence = pending.info.sequence;
        let mut inner = self.inner();
        inner.requested = inner.requested.saturating_sub(1);
        inner.next = inner.next.max(sequence + 1);
        inner.unsettled.insert(sequence);
        inner.pending.push_back(pending);
        drop(inner);
        self.filled.notify_one();
    }

    /// Takes the next event. Waits while there is none, or the subscriber holds as many as it may.
    ///
    /// # Errors
    ///
    /// The last [failure](Self::fail), once.
    pub(super) async fn take(&self) -> Result<BufferedDelivery> {
        loop {
            let filled = self.filled.notified();
            match self.try_take()? {
                Some(pending) => return Ok(pending),
                None => filled.await,
            }
        }
    }

    fn try_take(&self) -> Result<Option<BufferedDelivery>> {
        let mut inner = self.inner();
        if let Some(error) = inner.failure.take() {
            return Err(error);
        }
        if inner.held == inner.capacity {
            return Ok(None);
        }
        let pending = inner.pending.pop_front();
        inner.held += usize::from(pending.is_some());
        Ok(pending)
    }

    /// Has [`take`](Self::take) return this error.
    pub(super) fn fail(&self, error: Error) {
        self.inner().failure = Some(error);
        self.filled.notify_one();
    }

    /// Notes that an event needs no other delivery.
    pub(super) fn settled(&self, sequence: u64) {
        self.inner().unsettled.remove(&sequence);
    }

    /// Notes that the subscriber holds one event less. Wakes only a side that has something to do by it.
    pub(super) fn released(&self) {
        let mut inner = self.inner();
        let was_full = inner.held == inner.capacity;
        inner.held -= 1;
        let wanted = inner.wanted().is_some();
        drop(inner);
        if was_full {
            self.filled.notify_one();
        }
        if wanted {
            self.drained.notify_one();
        }
    }

    /// Ends the subscription.
    pub(super) fn close(&self) {
        self.inner().closed = true;
        self.drained.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.inner().closed
    }

    /// Waits for [`close`](Self::close).
    pub(super) async fn closed(&self) {
        while !self.is_closed() {
            self.drained.notified().await;
        }
    }

    /// Waits until more may be wanted, or the subscription has ended.
    pub(super) async fn drained(&self) {
        self.drained.notified().await;
    }

    /// Returns the number of events to request, if any. They count as requested from now on.
    pub(super) fn request(&self) -> Option<usize> {
        let mut inner = self.inner();
        let wanted = inner.wanted()?;
        inner.requested += wanted;
        Some(wanted)
    }

    pub(super) fn requested(&self) -> usize {
        self.inner().requested
    }

    /// Notes that so many requested events will not come.
    pub(super) fn cancel(&self, count: usize) {
        let mut inner = self.inner();
        inner.requested = inner.requested.saturating_sub(count);
    }

    /// Returns the position at which a consumer that is created again has to start. In a queue, where other processes may have
    /// settled what this one returned, that is after the last event seen; else at the first unsettled event.
    pub(super) fn resume_at(&self, shared: bool) -> u64 {
        let inner = self.inner();
        let first = inner.unsettled.first().filter(|_| !shared);
        first.copied().unwrap_or(inner.next)
    }

    /// The ackers of all events that are not taken yet.
    pub(super) fn pending(&self) -> Vec<Acker> {
        self.inner().pending.iter().map(|pending| pending.acker.clone()).collect()
    }

    /// Returns all events that are not taken yet to the server.
    pub(super) fn nack_pending(&self) {
        let pending = std::mem::take(&mut self.inner().pending);
        pending.iter().for_each(|pending| pending.acker.nack());
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Returns the number of events wanted: at least half of the capacity, unless none is on its way.
    fn wanted(&self) -> Option<usize> {
        let free = self.capacity.saturating_sub(self.held + self.pending.len() + self.requested);
        (free > 0 && (self.requested == 0 || free * 2 >= self.capacity)).then_some(free)
    }
}
