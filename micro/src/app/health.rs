//! Health of the program: its checks, and the state that probes and the registry see.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::debug::Readiness;
use crate::errors::{Error, Result};
use crate::rpc::BoxFuture;
use crate::util::clock;
use crate::util::lifecycle::Lifecycle;

/// Criticality of a health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Critical {
    /// While it fails the node is not ready and is withdrawn from the registry.
    Yes,
    /// The result is shown, without further effect.
    No,
}

/// Timeout of one check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// A check of the user's.
pub(super) struct HealthCheck {
    pub(super) name: String,
    pub(super) critical: Critical,
    pub(super) run: Box<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>,
}

/// Health of the program.
#[derive(Clone, Debug, Default)]
pub(super) struct Status {
    /// The checks that fail, with what they say.
    pub(super) failing: BTreeMap<String, (Critical, String)>,
}

impl Status {
    fn is_healthy(&self) -> bool {
        self.failing.values().all(|(critical, _)| *critical == Critical::No)
    }
}

/// The place where health is kept. Cloning it shares the place.
#[derive(Clone, Debug)]
pub(super) struct Health {
    status: Arc<watch::Sender<Status>>,
    readiness: Readiness,
    lifecycle: Lifecycle,
}

impl Health {
    /// Creates the health of a program that has not been checked; `readiness` is kept in step.
    pub(super) fn new(readiness: Readiness, lifecycle: Lifecycle) -> Self {
        Health { status: Arc::new(watch::Sender::new(Status::default())), readiness, lifecycle }
    }

    pub(super) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    pub(super) fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    pub(super) fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    fn change(&self, change: impl FnOnce(&mut Status) -> bool) {
        self.status.send_if_modified(|status| {
            let changed = change(status);
            if changed {
                self.readiness.set_healthy(status.is_healthy());
            }
            changed
        });
    }

    /// Runs every check once.
    pub(super) async fn look(&self, checks: &[HealthCheck]) {
        for check in checks {
            let outcome = clock::timeout(CHECK_TIMEOUT, (check.run)()).await;
            let outcome = outcome.unwrap_or_else(|_| Err(Error::deadline_exceeded("the check took too long")));
            self.note(check, outcome);
        }
    }

    /// Runs the checks for as long as it is polled.
    pub(super) async fn keep_looking(self, checks: Vec<HealthCheck>, interval: impl Fn() -> Duration) {
        loop {
            clock::sleep(interval()).await;
            self.look(&checks).await;
        }
    }

    /// Shows what is wrong with the settings for as long as it is polled: what is in force serves, so it is not critical.
    pub(super) async fn keep_showing(self, mut troubles: watch::Receiver<BTreeMap<String, String>>) {
        let mut shown: Vec<String> = Vec::new();
        loop {
            let now = troubles.borrow_and_update().clone();
            self.change(|status| {
                shown.drain(..).for_each(|name| drop(status.failing.remove(&name)));
                for (source, words) in now {
                    let name = format!("config {source}");
                    status.failing.insert(name.clone(), (Critical::No, words));
                    shown.push(name);
                }
                true
            });
            if troubles.changed().await.is_err() {
                return;
            }
        }
    }

    fn note(&self, check: &HealthCheck, outcome: Result<()>) {
        let words = outcome.err().map(|error| (check.critical, format!("{error:#}")));
        self.change(|status| {
            let before = match &words {
                Some(words) => status.failing.insert(check.name.clone(), words.clone()),
                None => status.failing.remove(&check.name),
            };
            match (&before, &words) {
                (None, Some((_, words))) => tracing::warn!(check = check.name, "check fails: {words}"),
                (Some(_), None) => tracing::info!(check = check.name, "check passes again"),
                _ => {}
            }
            before.is_some() != words.is_some()
        });
    }
}
