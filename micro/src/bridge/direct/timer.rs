//! A timer of a state machine.

use std::time::Duration;

use crate::util::clock::Instant;

/// A timer that is started without reading the clock: the time counts from the next time the clock is looked at.
///
/// The machines learn the time from their `tick` only, so the code that starts a timer also requests a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Timer {
    #[default]
    Off,
    /// Started since the last tick.
    Started(Duration),
    Until(Instant),
}

impl Timer {
    /// Starts the timer, unless it runs.
    pub(super) fn start(&mut self, duration: Duration) {
        if *self == Timer::Off {
            *self = Timer::Started(duration);
        }
    }

    pub(super) fn stop(&mut self) {
        *self = Timer::Off;
    }

    pub(super) fn is_running(self) -> bool {
        self != Timer::Off
    }

    /// Tells the time, and returns whether the timer has run out. It keeps running until it is stopped.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        if let Timer::Started(duration) = *self {
            *self = Timer::Until(now + duration);
        }
        self.deadline().is_some_and(|until| until <= now)
    }

    /// Returns when the timer runs out, as far as it has been told the time.
    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Timer::Until(until) => Some(until),
            Timer::Off | Timer::Started(_) => None,
        }
    }
}
