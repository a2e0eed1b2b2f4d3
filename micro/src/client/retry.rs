use std::sync::{Mutex, PoisonError};

use super::Retry;
use crate::errors::{Code, Error, Fate};
use crate::rpc::Idempotency;
use crate::util::clock::{self, Instant};

/// How often one call is attempted at most.
pub(super) const ATTEMPTS: usize = 3;

/// Whether another attempt is safe after this failure.
pub(super) fn is_safe(retry: Retry, error: &Error, idempotency: Idempotency) -> bool {
    retry == Retry::WhenSafe
        && error.code() == Code::Unavailable
        && (error.fate() == Fate::Never || idempotency != Idempotency::Unknown)
}

/// Keeps retries from making an outage worse: each call earns a fifth of one, and ten a second are free.
pub(super) struct Budget(Mutex<Account>);

/// Counted in thousandths of a retry.
struct Account {
    balance: u64,
    since: Instant,
}

const RETRY: u64 = 1_000;
const PER_CALL: u64 = 200;
const PER_SECOND: u64 = 10 * RETRY;
/// What is saved up at most: ten seconds' worth.
const MOST: u64 = 10 * PER_SECOND;

impl Budget {
    pub(super) fn new() -> Self {
        Budget(Mutex::new(Account { balance: PER_SECOND, since: clock::now() }))
    }

    /// A call earns its fifth.
    pub(super) fn earn(&self) {
        self.account(|account| account.balance = (account.balance + PER_CALL).min(MOST));
    }

    /// Whether one more retry is left, which is then spent.
    pub(super) fn spend(&self) -> bool {
        self.account(|account| {
            let now = clock::now();
            let passed = (now - account.since).as_millis().min(10_000) as u64;
            let earned = passed * PER_SECOND / 1_000;
            (account.balance, account.since) = ((account.balance + earned).min(MOST), now);
            let enough = account.balance >= RETRY;
            if enough {
                account.balance -= RETRY;
            }
            enough
        })
    }

    fn account<T>(&self, with: impl FnOnce(&mut Account) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
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
        let never = unknown.clone().with_fate(Fate::Never);
        assert!(!is_safe(Retry::WhenSafe, &unknown, Idempotency::Unknown));
        assert!(is_safe(Retry::WhenSafe, &unknown, Idempotency::Idempotent));
        assert!(is_safe(Retry::WhenSafe, &never, Idempotency::Unknown));
        assert!(!is_safe(Retry::Never, &never, Idempotency::NoSideEffects));
        assert!(!is_safe(Retry::WhenSafe, &Error::not_found("no"), Idempotency::NoSideEffects));
    }
}
