//! A subscription of this process: its inbox behind a lock, and its reader.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::ack_queue::AckQueue;
use super::advertisement::Advertisement;
use super::inbox::{Inbox, InboxNext, Report};
use super::limits::MAX_INBOX_BYTES;
use super::outcome::{EventId, Rejected};
use super::pending::size;
use crate::broker::{Event, Settlement};
use crate::util::clock;

/// A subscription of this process.
#[derive(Debug)]
pub(super) struct LocalSubscription {
    advertisement: Advertisement,
    state: Mutex<State>,
    budget: Arc<MemoryBudget>,
}

#[derive(Debug)]
struct State {
    inbox: Inbox<EventOrigin>,
    reader: Option<Waker>,
}

/// Origin of an event.
#[derive(Clone, Debug)]
pub(super) enum EventOrigin {
    /// This process's own outbox.
    Local,
    /// A publisher in another process.
    Remote(Arc<AckQueue>),
}

/// Total number of bytes held by the subscriptions of a process.
#[derive(Debug, Default)]
pub(super) struct MemoryBudget(AtomicUsize);

impl LocalSubscription {
    pub(super) fn new(advertisement: Advertisement, budget: Arc<MemoryBudget>) -> Arc<Self> {
        let inbox = Inbox::new(advertisement.in_flight);
        Arc::new(LocalSubscription { advertisement, state: Mutex::new(State { inbox, reader: None }), budget })
    }

    pub(super) fn advertisement(&self) -> &Advertisement {
        &self.advertisement
    }

    /// Accepts an event. The reader is added to `wakers`.
    ///
    /// # Errors
    ///
    /// [`Rejected`], with the reason.
    pub(super) fn accept(
        &self,
        id: EventId,
        attempt: u32,
        origin: EventOrigin,
        event: impl FnOnce() -> Event,
        wakers: &mut Vec<Waker>,
    ) -> Result<(), Rejected> {
        let mut state = self.state();
        let added = state.inbox.accept(id, attempt, origin, self.budget.has_room(), event)?;
        self.budget.add(added);
        wakers.extend(state.reader.take());
        Ok(())
    }

    /// Takes the next event for the subscriber. If there is none, `reader` is woken once there may be one.
    pub(super) fn next(&self, reader: &Waker) -> InboxNext {
        let mut state = self.state();
        let next = state.inbox.next(clock::now());
        if let InboxNext::Nothing { .. } = next {
            state.reader = Some(reader.clone());
        }
        next
    }

    /// Settles an event on behalf of the subscriber. Returns the report to send, and the reader to wake after that.
    pub(super) fn settle(&self, id: EventId, ended: Settlement) -> (Option<Report<EventOrigin>>, Option<Waker>) {
        let mut state = self.state();
        let report = match ended {
            Settlement::Done => state.inbox.ack(id),
            Settlement::Again(delay) => state.inbox.retry(id, delay, clock::now()),
        };
        self.release(report.as_slice());
        (report, state.reader.take())
    }

    /// Stops accepting events.
    pub(super) fn close(&self) {
        self.state().inbox.close();
    }

    /// Releases the events not held by the subscriber. Returns the reports to send.
    pub(super) fn drain(&self) -> Vec<Report<EventOrigin>> {
        let reports = self.state().inbox.drain();
        self.release(&reports);
        reports
    }

    /// Returns the number of events that are not settled.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.state().inbox.len()
    }

    fn release(&self, reports: &[Report<EventOrigin>]) {
        let released = reports.iter().filter_map(|report| report.released.as_ref());
        self.budget.remove(released.map(size).sum());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryBudget {
    fn has_room(&self) -> bool {
        self.0.load(Ordering::Relaxed) < MAX_INBOX_BYTES
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    fn remove(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}
