//! How long handlers may run where their calls were read.

use std::time::Duration;

use crate::util::clock::{self, Instant};

/// A handler that takes longer, without ever waiting, keeps its whole connection waiting.
const SLOW: Duration = Duration::from_micros(50);
/// All handlers of what was read together may take so long.
const TURN: Duration = Duration::from_micros(250);
/// How many calls of a slow method are started on their own before one is tried again where it was read.
const PENALTY: u32 = 64;

/// How long the handlers have taken that ran where their calls were read.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    now: Instant,
}

impl Pace {
    pub(super) fn begin() -> Self {
        let now = clock::now();
        Pace { begun: now, now }
    }

    /// Whether there is time for another.
    pub(super) fn is_good(&self) -> bool {
        self.now - self.begun < TURN
    }

    /// How many calls the method of the last one is not tried where they were read.
    pub(super) fn penalty(&mut self) -> u32 {
        let before = std::mem::replace(&mut self.now, clock::now());
        if self.now - before > SLOW { PENALTY } else { 0 }
    }
}
