//! How long handlers may run where their calls were read.

use std::time::Duration;

use crate::util::clock::{self, Instant};

/// A handler that takes longer, without ever waiting, keeps its whole connection waiting.
const MAX_INLINE_CALL: Duration = Duration::from_micros(50);
/// All handlers of what was read together may take so long.
const MAX_INLINE_TURN: Duration = Duration::from_micros(250);
/// How many calls of a slow method are started on their own before one is tried again where it was read.
const SLOW_CALL_PENALTY: u32 = 64;

/// How long the handlers have taken that ran where their calls were read.
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

    /// Whether there is time for another.
    pub(super) fn is_good(&self) -> bool {
        self.now - self.begun < MAX_INLINE_TURN
    }

    /// How many calls the method of the last one is not tried where they were read.
    pub(super) fn penalty(&mut self) -> u32 {
        let before = std::mem::replace(&mut self.now, clock::now());
        if self.now - before > MAX_INLINE_CALL { SLOW_CALL_PENALTY } else { 0 }
    }
}
