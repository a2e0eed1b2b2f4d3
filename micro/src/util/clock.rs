//! Time, through one door: tokio's clock, so that tests can pause it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

pub use tokio::time::{
    Instant, Interval, MissedTickBehavior, Sleep, error::Elapsed, interval, sleep, sleep_until, timeout, timeout_at,
};

/// As [`timeout_at`], for what is most often ready at once: there is no timer before the first wait, and none without a deadline.
///
/// # Errors
///
/// [`Late`] when the deadline passes first.
pub fn within<F: Future>(deadline: impl Into<Option<Instant>>, future: F) -> Within<F> {
    Within { future, deadline: deadline.into(), timer: None }
}

/// A deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late;

pin_project_lite::pin_project! {
    /// The future of [`within`].
    #[derive(Debug)]
    pub struct Within<F> {
        #[pin]
        future: F,
        deadline: Option<Instant>,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = Result<F::Output, Late>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let Some(deadline) = *this.deadline else { return Poll::Pending };
        if this.timer.is_none() {
            this.timer.set(Some(sleep_until(deadline)));
        }
        ready!(this.timer.as_pin_mut().expect("set above").poll(cx));
        Poll::Ready(Err(Late))
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
    const MAX_DURATION: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    now() + after.min(MAX_DURATION)
}
