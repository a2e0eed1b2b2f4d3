//! Exponential back-off with jitter.

use std::time::Duration;

use super::random;

/// The pauses between attempts at something that keeps failing.
///
/// The first pause is drawn between `min` and twice `min`, and the upper end doubles with every failure until it is `max`: full
/// jitter, so that many callers who lost the same server do not come back as one, over a floor, so that none of them comes
/// back at once.
///
/// ```
/// use std::time::Duration;
///
/// use micro::util::backoff::Backoff;
///
/// let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
/// let pause = backoff.next_delay();
/// assert!(pause >= Duration::from_millis(100) && pause <= Duration::from_millis(200));
/// backoff.reset();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    /// Pauses from `min` to `max`. A `max` below `min` counts as `min`.
    pub const fn new(min: Duration, max: Duration) -> Self {
        Backoff { min, max, failures: 0 }
    }

    /// Counts a failure and returns the pause before the next attempt.
    pub fn next_delay(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.delay_after(self.failures)
    }

    /// Returns a pause as after so many failures, for a caller that counts them itself.
    pub fn delay_after(&self, failures: u32) -> Duration {
        let ceiling = exponential(self.min, self.max, failures);
        self.min + ceiling.saturating_sub(self.min).mul_f64(random::fraction())
    }

    /// Starts over, after an attempt that succeeded.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The number of failures since the last [`reset`](Self::reset).
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// Doubles `min` `doublings` times, up to `max`: a schedule without jitter, for delays that are promised.
pub fn exponential(min: Duration, max: Duration, doublings: u32) -> Duration {
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    min.saturating_mul(factor).min(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_millis(10);
    const MAX: Duration = Duration::from_millis(320);

    #[test]
    fn delays_stay_between_the_bounds_and_their_ceiling_doubles() {
        for _ in 0..1_000 {
            let mut backoff = Backoff::new(MIN, MAX);
            for failures in 1..100 {
                let delay = backoff.next_delay();
                let ceiling = exponential(MIN, MAX, failures);
                assert!(delay >= MIN && delay <= ceiling, "{failures}: {delay:?}");
            }
        }
    }

    #[test]
    fn delays_are_spread_over_the_whole_range() {
        let mut backoff = Backoff::new(MIN, MAX);
        let delays: Vec<_> = (0..1_000).map(|_| backoff.next_delay()).skip(10).collect();
        let third = (MAX - MIN) / 3;
        assert!(delays.iter().any(|delay| *delay < MIN + third));
        assert!(delays.iter().any(|delay| *delay > MAX - third));
    }

    #[test]
    fn a_success_starts_the_doubling_over() {
        let mut backoff = Backoff::new(MIN, MAX);
        for _ in 0..10 {
            backoff.next_delay();
        }
        assert_eq!(backoff.failures(), 10);
        backoff.reset();
        assert_eq!(backoff.failures(), 0);
        assert!(backoff.next_delay() <= 2 * MIN);
    }

    #[test]
    fn extreme_bounds_do_not_overflow() {
        assert_eq!(exponential(MIN, MAX, u32::MAX), MAX);
        assert_eq!(exponential(Duration::MAX, Duration::MAX, 40), Duration::MAX);
        assert_eq!(exponential(Duration::ZERO, MAX, 3), Duration::ZERO);
        assert_eq!(Backoff::new(MAX, MIN).next_delay(), MAX);
    }
}
