use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Retry;
use crate::errors::{Code, Error, Execution};
use crate::rpc::Idempotency;
use crate::util::clock::{self, Instant};

/// Maximum number of attempts of one call.
pub(super) const MAX_ATTEMPTS: usize = 3;

/// Returns `true` if another attempt is safe after this failure.
pub(super) fn is_safe(retry: Retry, error: &Error, idempotency: Idempotency) -> bool {
    retry == Retry::WhenSafe
        && error.code() == Code::Unavailable
        && (error.execution() == Execution::NotStarted || idempotency != Idempotency::Unknown)
}

/// Retry budget, which keeps retries from making an outage worse: each call earns a fifth of a retry, and ten retries per
/// second are free.
///
/// The balance is counted in thousandths of a retry.
pub(super) struct Budget {
    balance: AtomicU64,
    /// Time up to which the free retries have been credited.
    since: Mutex<Instant>,
}

const RETRY_COST: u64 = 1_000;
const PER_CALL: u64 = 200;
const PER_SECOND: u64 = 10 * RETRY_COST;
/// Maximum balance: the free retries of ten seconds.
const MAX_BALANCE: u64 = 10 * PER_SECOND;

impl Budget {
    pub(super) fn new() -> Self {
        Budget { balance: AtomicU64::new(PER_SECOND), since: Mutex::new(clock::now()) }
    }

    /// Credits a call with a fifth of a retry. Does not write once the balance is at its maximum, which is the usual case.
    pub(super) fn earn(&self) {
        if self.balance.load(Ordering::Relaxed) < MAX_BALANCE {
            self.balance.fetch_add(PER_CALL, Ordering::Relaxed);
        }
    }

    /// Spends one retry. Returns `false` if none is left.
    pub(super) fn spend(&self) -> bool {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::now();
        let passed = (now - *since).as_millis().min(10_000) as u64;
        *since = now;
        let earned = passed * PER_SECOND / 1_000;
        let with_time = |balance: u64| (balance + earned).min(MAX_BALANCE);
        let left = |balance| with_time(balance).checked_sub(RETRY_COST).unwrap_or(with_time(balance));
        let before = self.balance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| Some(left(balance)));
        before.is_ok_and(|before| with_time(before) >= RETRY_COST)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn retries_are_a_fifth_of_the_calls_and_ten_a_second() {
        let budget = Budget::new();
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
        (0..50).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
    }

    #[test]
    fn only_what_cannot_have_run_or_may_run_twice_is_repeated() {
        let unknown = Error::unavailable("gone");
        let never = unknown.clone().with_execution(Execution::NotStarted);
        assert!(!is_safe(Retry::WhenSafe, &unknown, Idempotency::Unknown));
        assert!(is_safe(Retry::WhenSafe, &unknown, Idempotency::Idempotent));
        assert!(is_safe(Retry::WhenSafe, &never, Idempotency::Unknown));
        assert!(!is_safe(Retry::Never, &never, Idempotency::NoSideEffects));
        assert!(!is_safe(Retry::WhenSafe, &Error::not_found("no"), Idempotency::NoSideEffects));
    }
}
