//! The state of one call, which every changed copy of its context shares.

use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::sync::watch;

use crate::errors::Result;
use crate::metadata::Metadata;

/// Reply metadata, cancellation, and what is notified of the end of one call. All are rare, so a call that does without them
/// allocates nothing for them.
pub(super) struct CallState<C> {
    cancelled: OnceLock<watch::Sender<bool>>,
    reply: Mutex<Option<Box<Reply>>>,
    completions: Mutex<Vec<C>>,
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
        CallState { cancelled: OnceLock::new(), reply: Mutex::default(), completions: Mutex::default() }
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
        let mut reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner);
        change(reply.get_or_insert_default())
    }

    /// Reads the reply metadata; nothing where there is none.
    pub(super) fn read_reply(&self, read: impl FnOnce(&mut Reply) -> Metadata) -> Metadata {
        let mut reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner);
        reply.as_deref_mut().map_or_else(Metadata::new, read)
    }

    pub(super) fn clear_reply(&self) {
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Changes the list of what is notified.
    pub(super) fn completions<T>(&self, with: impl FnOnce(&mut Vec<C>) -> T) -> T {
        with(&mut self.completions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
