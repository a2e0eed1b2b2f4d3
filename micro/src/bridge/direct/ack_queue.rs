//! Acknowledgements queued for one publisher.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker};

use super::contract::{AckBatch, Nack, NackReason};
use super::outcome::{EventOutcome, PublisherGone};

/// Outcomes of the events of one connection that are not written yet.
#[derive(Debug, Default)]
pub(super) struct AckQueue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: AckBatch,
    /// Number of received events last written.
    written: u64,
    /// Number of received events that are not settled.
    open: usize,
    /// `true` once no more events are received.
    leaving: bool,
    /// `true` once the connection is closed.
    closed: bool,
    writer: Option<Waker>,
}

impl AckQueue {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Counts events as received.
    pub(super) fn received(&self, count: usize) {
        let mut state = self.state();
        state.next.received += count as u64;
        state.open += count;
    }

    /// Returns a received event that was not accepted.
    pub(super) fn nack(&self, number: u64, attempt: u32, reason: NackReason) {
        let mut state = self.state();
        state.open -= 1;
        state.next.nacks.push(Nack { number, attempt, reason });
    }

    /// Reports the outcome of an accepted event.
    ///
    /// # Errors
    ///
    /// [`PublisherGone`] if the connection is closed.
    pub(super) fn settle(&self, number: u64, outcome: EventOutcome) -> Result<(), PublisherGone> {
        let mut state = self.state();
        if state.closed {
            return Err(PublisherGone);
        }
        let is_open = matches!(outcome, EventOutcome::Delayed { .. });
        state.open = state.open.saturating_sub(usize::from(!is_open));
        match Nack::new(number, outcome) {
            None => state.next.acks.push(number),
            Some(nack) => state.next.nacks.push(nack),
        }
        let writer = state.writer.take();
        drop(state);
        writer.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Takes the next batch to write. Ends once all events are settled and no more are received.
    pub(super) fn poll_next(&self, cx: &Cx<'_>) -> Poll<Option<AckBatch>> {
        let mut state = self.state();
        let received = state.next.received;
        if received > state.written || !state.next.acks.is_empty() || !state.next.nacks.is_empty() {
            state.written = received;
            let next = AckBatch { received, ..AckBatch::default() };
            return Poll::Ready(Some(std::mem::replace(&mut state.next, next)));
        }
        if state.leaving && state.open == 0 {
            return Poll::Ready(None);
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Stops receiving: the queue ends once all events are settled.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.leaving = true;
        let writer = state.writer.take();
        drop(state);
        writer.into_iter().for_each(Waker::wake);
    }

    /// Marks the connection as closed and discards unwritten outcomes.
    pub(super) fn close(&self) {
        let mut state = self.state();
        (state.closed, state.next) = (true, AckBatch::default());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
