//! Time, through one door: tokio's clock, so that tests can pause it.

use std::time::{Duration, SystemTime};

use std::pin::Pin;
use std::task::Poll;

pub use tokio::time::{
    Instant, Interval, MissedTickBehavior, Sleep, error::Elapsed, interval, sleep, sleep_until, timeout, timeout_at,
};

/// As [`timeout_at`], for what is most often ready at once: there is no timer before the first wait.
///
/// # Errors
///
/// [`Elapsed`] when the deadline passes first.
pub async fn within<F: Future + Unpin>(deadline: Instant, mut future: F) -> Result<F::Output, Elapsed> {
    let first = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut future).poll(context))).await;
    match first {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => timeout_at(deadline, future).await,
    }
}

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
