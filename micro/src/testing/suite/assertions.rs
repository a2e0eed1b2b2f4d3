//! Common parts of the suites: unique names, and waits that end with a message instead of never.

use std::fmt::{Debug, Display};
use std::future::Future;
use std::time::Duration;

use crate::util::{clock, random};

/// Time a backend may take to keep a promise before the promise counts as broken.
pub(super) const PROMISE_TIMEOUT: Duration = Duration::from_secs(15);

/// Returns a unique name, also where many suites run against one server.
pub(super) fn unique(what: &str) -> String {
    format!("suite-{what}-{}", random::id())
}

/// Returns the value, or panics with the name of the promise.
pub(super) fn kept<T, E: Display>(promise: &str, outcome: Result<T, E>) -> T {
    outcome.unwrap_or_else(|error| panic!("promise broken: {promise}: {error}"))
}

/// Asks until the answer is `expected`.
pub(super) async fn eventually<T, Asked>(promise: &str, expected: T, mut ask: impl FnMut() -> Asked)
where
    T: PartialEq + Debug,
    Asked: Future<Output = T>,
{
    let deadline = clock::after(PROMISE_TIMEOUT);
    loop {
        let answer = ask().await;
        if answer == expected {
            return;
        }
        if clock::now() > deadline {
            panic!("promise broken: {promise}: after {PROMISE_TIMEOUT:?} still {answer:?} instead of {expected:?}");
        }
        clock::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits for `outcome`, or panics with the promise.
pub(super) async fn soon<T>(promise: &str, outcome: impl Future<Output = T>) -> T {
    clock::timeout(PROMISE_TIMEOUT, outcome)
        .await
        .unwrap_or_else(|_| panic!("promise broken: {promise}: nothing happened for {PROMISE_TIMEOUT:?}"))
}
