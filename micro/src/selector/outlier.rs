//! Outlier ejection: a layer around every balancer. Nodes that could not be reached are left out for a while.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::errors::Code;
use crate::rpc::CallOutcome;
use crate::util::backoff;
use crate::util::clock::{self, Instant};

/// Ejection time of a node after it could not be reached; doubled for each further failure up to the bound.
const BASE_EJECTION_TIME: Duration = Duration::from_secs(1);
const MAX_EJECTION: Duration = Duration::from_secs(30);

/// Takes those out whose node is ejected, unless all are.
pub(super) fn retain_admitted<T>(endpoints: &mut Vec<T>, ejection: impl Fn(&T) -> &Ejection) {
    let is_admitted = |endpoint: &T| !ejection(endpoint).is_in_force();
    if endpoints.iter().any(is_admitted) {
        endpoints.retain(is_admitted);
    }
}

/// Outlier ejection of one node.
#[derive(Default)]
pub(super) struct Ejection {
    // False while `state` says nothing, so that the lock is spared.
    ejected: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    until: Option<Instant>,
    failures: u32,
}

impl Ejection {
    pub(super) fn is_in_force(&self) -> bool {
        self.ejected.load(Ordering::Relaxed)
            && self.state(|state| state.until.is_some_and(|until| clock::now() < until))
    }

    /// Learns from an attempt or the end of a stream.
    pub(super) fn record(&self, outcome: &CallOutcome) {
        if outcome.is_unreachable() {
            self.state(|state| {
                state.until =
                    Some(clock::after(backoff::exponential(BASE_EJECTION_TIME, MAX_EJECTION, state.failures)));
                state.failures = state.failures.saturating_add(1);
                self.ejected.store(true, Ordering::Relaxed);
            });
        } else if outcome.code() != Some(Code::Cancelled) && self.ejected.load(Ordering::Relaxed) {
            // It has answered, be it with an error.
            self.state(|state| {
                *state = State::default();
                self.ejected.store(false, Ordering::Relaxed);
            });
        }
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
