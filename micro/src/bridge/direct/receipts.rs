//! What one publisher is to hear of its events.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker};

use super::contract::{Receipt, Returned, Why};
use super::inbox::Unheard;
use super::outbox::Outcome;

/// What became of the events of one link, until its publisher is told.
#[derive(Debug, Default)]
pub(super) struct Receipts(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    next: Receipt,
    /// How much of it was said.
    said: u64,
    /// How many events it has that are not settled.
    open: usize,
    /// Whether no more come.
    leaving: bool,
    /// Whether nobody hears any more.
    gone: bool,
    writer: Option<Waker>,
}

impl Receipts {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// So many events more have been looked at.
    pub(super) fn looked(&self, at: usize) {
        let mut inside = self.inside();
        inside.next.taken += at as u64;
        inside.open += at;
    }

    /// One of them was not taken.
    pub(super) fn returned(&self, number: u64, attempt: u32, why: Why) {
        let mut inside = self.inside();
        inside.open -= 1;
        inside.next.returned.push(Returned { number, attempt, why });
    }

    /// An event that was taken is settled, or will be delivered again.
    pub(super) fn settled(&self, number: u64, outcome: Outcome) -> Result<(), Unheard> {
        let mut inside = self.inside();
        if inside.gone {
            return Err(Unheard);
        }
        let again = matches!(outcome, Outcome::Again(_));
        inside.open = inside.open.saturating_sub(usize::from(!again));
        let (why, attempt) = match outcome {
            Outcome::Done => (None, 0),
            Outcome::Again(attempt) => (Some(Why::Again), attempt),
            Outcome::Elsewhere(attempt) => (Some(Why::Elsewhere), attempt),
            Outcome::Full => (Some(Why::Full), 0),
            Outcome::Refused => (Some(Why::Refused), 0),
        };
        match why {
            None => inside.next.done.push(number),
            Some(why) => inside.next.returned.push(Returned { number, attempt, why }),
        }
        let writer = inside.writer.take();
        drop(inside);
        writer.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// What there is to say; nothing more once all is settled and no more comes.
    pub(super) fn poll_next(&self, cx: &Cx<'_>) -> Poll<Option<Receipt>> {
        let mut inside = self.inside();
        let taken = inside.next.taken;
        if taken > inside.said || !inside.next.done.is_empty() || !inside.next.returned.is_empty() {
            inside.said = taken;
            let next = Receipt { taken, ..Receipt::default() };
            return Poll::Ready(Some(std::mem::replace(&mut inside.next, next)));
        }
        if inside.leaving && inside.open == 0 {
            return Poll::Ready(None);
        }
        inside.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ends once all is settled.
    pub(super) fn leave(&self) {
        let mut inside = self.inside();
        inside.leaving = true;
        let writer = inside.writer.take();
        drop(inside);
        writer.into_iter().for_each(Waker::wake);
    }

    /// Nobody hears any more.
    pub(super) fn close(&self) {
        let mut inside = self.inside();
        (inside.gone, inside.next) = (true, Receipt::default());
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
