//! Budget for running handlers inline, in the task that reads the connection.

use std::time::Duration;

use crate::util::clock::{self, Instant};

/// A handler that takes longer, without ever waiting, keeps its whole connection waiting.
const MAX_INLINE_CALL: Duration = Duration::from_micros(50);
/// All handlers of what was read together may take so long.
const MAX_INLINE_TURN: Duration = Duration::from_micros(250);
/// Number of calls of a slow method that get a task of their own before one is run inline again.
const SLOW_CALL_PENALTY: u32 = 64;

/// Time spent in handlers run inline.
#[derive(Debug)]
pub(super) struct InlineBudget {
    begun: Instant,
    now: Instant,
}

impl InlineBudget {
    pub(super) fn begin() -> Self {
        let now = clock::now();
        InlineBudget { begun: now, now }
    }

    /// Returns `true` if there is time for another.
    pub(super) fn is_good(&self) -> bool {
        self.now - self.begun < MAX_INLINE_TURN
    }

    /// Returns the number of calls for which the last call's method is not run inline.
    pub(super) fn penalty(&mut self) -> u32 {
        let before = std::mem::replace(&mut self.now, clock::now());
        if self.now - before > MAX_INLINE_CALL { SLOW_CALL_PENALTY } else { 0 }
    }
}
