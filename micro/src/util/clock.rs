//! Time, through one door: tokio's clock, so that tests can pause it.

use std::time::{Duration, SystemTime};

pub use tokio::time::{
    Instant, Interval, MissedTickBehavior, Sleep, error::Elapsed, interval, sleep, sleep_until, timeout, timeout_at,
};

/// The moment it is now, on the clock that tests can pause.
pub fn now() -> Instant {
    Instant::now()
}

/// The time of day, for what is shown to people and stored; never for measuring how long something took.
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// The moment `after` from now; saturates at about thirty years, so that no input can overflow the clock.
pub fn after(after: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    now() + after.min(FAR)
}
