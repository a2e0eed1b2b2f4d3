//! The state of one call, which every changed copy of its context shares.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;

use crate::errors::Result;
use crate::metadata::Metadata;

/// Reply metadata, cancellation, and what is notified of the end of one call. All are rare, so a call that does without them
/// allocates nothing for them.
pub(super) struct CallState<C> {
    cancelled: OnceLock<watch::Sender<bool>>,
    extras: Mutex<Option<Box<Extras<C>>>>,
}

/// State that few calls have.
struct Extras<C> {
    reply: Reply,
    completions: Vec<C>,
}

impl<C> Default for Extras<C> {
    fn default() -> Self {
        Extras { reply: Reply::default(), completions: Vec::new() }
    }
}

/// The metadata that travels with a reply.
#[derive(Clone, Default)]
pub(super) struct Reply {
    pub(super) headers: Metadata,
    pub(super) trailers: Metadata,
}

// Not derived: that would want a default of `C`.
impl<C> Default for CallState<C> {
    fn default() -> Self {
        CallState { cancelled: OnceLock::new(), extras: Mutex::default() }
    }
}

impl<C> CallState<C> {
    pub(super) fn cancel(&self) {
        self.canceller().send_replace(true);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.get().is_some_and(|cancelled| *cancelled.borrow())
    }

    /// Waits until the call is cancelled; for ever where that does not happen.
    pub(super) async fn cancelled(&self) {
        // The sender lives as long as `self`, so the wait ends with the value alone.
        drop(self.canceller().subscribe().wait_for(|cancelled| *cancelled).await);
    }

    fn canceller(&self) -> &watch::Sender<bool> {
        self.cancelled.get_or_init(|| watch::Sender::new(false))
    }

    /// Changes the reply metadata.
    pub(super) fn reply<T>(&self, change: impl FnOnce(&mut Reply) -> Result<T>) -> Result<T> {
        change(&mut self.extras().get_or_insert_default().reply)
    }

    /// Reads the reply metadata; nothing where there is none.
    pub(super) fn read_reply(&self, read: impl FnOnce(&mut Reply) -> Metadata) -> Metadata {
        self.extras().as_deref_mut().map_or_else(Metadata::new, |extras| read(&mut extras.reply))
    }

    pub(super) fn clear_reply(&self) {
        if let Some(extras) = self.extras().as_deref_mut() {
            extras.reply = Reply::default();
        }
    }

    /// Adds what is to be notified of the end.
    pub(super) fn push_completion(&self, completion: C) {
        self.extras().get_or_insert_default().completions.push(completion);
    }

    /// Takes back what was added last.
    pub(super) fn pop_completion(&self) -> Option<C> {
        self.extras().as_deref_mut()?.completions.pop()
    }

    /// Takes all that is to be notified.
    pub(super) fn take_completions(&self) -> Vec<C> {
        self.extras().as_deref_mut().map_or_else(Vec::new, |extras| std::mem::take(&mut extras.completions))
    }

    fn extras(&self) -> MutexGuard<'_, Option<Box<Extras<C>>>> {
        self.extras.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
