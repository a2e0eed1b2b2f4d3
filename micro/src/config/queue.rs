use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Queue of calls, run in the order of their arrival, one at a time and outside of all locks, even if a call adds more.
#[derive(Default)]
pub(super) struct ChangeQueue(Mutex<WaitingChanges>);

#[derive(Default)]
struct WaitingChanges {
    calls: VecDeque<Box<dyn FnOnce() + Send>>,
    delivering: bool,
}

impl ChangeQueue {
    pub(super) fn push(&self, call: Box<dyn FnOnce() + Send>) {
        self.waiting().calls.push_back(call);
    }

    /// Runs the queued calls. If another thread is running calls already, that thread runs these too.
    pub(super) fn deliver(&self) {
        if std::mem::replace(&mut self.waiting().delivering, true) {
            return;
        }
        while let Some(call) = self.next() {
            call();
        }
    }

    fn next(&self) -> Option<Box<dyn FnOnce() + Send>> {
        let mut waiting = self.waiting();
        let call = waiting.calls.pop_front();
        waiting.delivering = call.is_some();
        call
    }

    fn waiting(&self) -> MutexGuard<'_, WaitingChanges> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
