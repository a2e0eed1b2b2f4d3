//! Timer for state machines.

use std::time::Duration;

use crate::util::clock::Instant;

/// A timer that is started without reading the clock: the duration counts from the next tick.
///
/// The state machines receive the time only through `tick`, so the code that starts a timer also requests a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Timer {
    #[default]
    Off,
    /// Started since the last tick.
    Started(Duration),
    Until(Instant),
}

impl Timer {
    /// Starts the timer unless it is running.
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

    /// Advances the timer to `now`. Returns `true` if the timer has expired. An expired timer counts as running until stopped.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        if let Timer::Started(duration) = *self {
            *self = Timer::Until(now + duration);
        }
        self.deadline().is_some_and(|until| until <= now)
    }

    /// Returns the expiry time; `None` if the timer is off or has not ticked since its start.
    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Timer::Until(until) => Some(until),
            Timer::Off | Timer::Started(_) => None,
        }
    }
}
