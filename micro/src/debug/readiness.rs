//! Readiness of a program and its services.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::util::lifecycle::{self, Lifecycle};

/// Readiness of a program and of each of its services. Clones are cheap and share state.
///
/// A program is ready while its [`Lifecycle`] is at [`State::Serving`](lifecycle::State::Serving), its critical health checks
/// pass, and the program has not called [`set_ready(false)`](Self::set_ready).
#[derive(Clone)]
pub struct Readiness(Arc<Shared>);

struct Shared {
    lifecycle: Lifecycle,
    flags: watch::Sender<Flags>,
}

/// Readiness flags that are independent of start and shutdown.
#[derive(Clone)]
struct Flags {
    wanted: bool,
    healthy: bool,
    down: BTreeSet<String>,
}

/// A summary of readiness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Not accepting calls: the program is starting, a critical check fails, or the program is about to leave.
    #[default]
    NotReady,
    /// Accepting calls.
    Ready,
    /// Shutting down: calls in flight finish, and streams that only report end.
    Draining,
}

impl Readiness {
    /// Creates the readiness of a program with this `lifecycle`.
    pub fn new(lifecycle: Lifecycle) -> Self {
        let flags = Flags { wanted: true, healthy: true, down: BTreeSet::new() };
        Readiness(Arc::new(Shared { lifecycle, flags: watch::Sender::new(flags) }))
    }

    /// Takes the program out of rotation, or puts it back. A program that is starting or draining is not ready in either case.
    pub fn set_ready(&self, ready: bool) {
        self.0.flags.send_if_modified(|flags| std::mem::replace(&mut flags.wanted, ready) != ready);
    }

    /// Sets whether the critical health checks pass.
    pub fn set_healthy(&self, healthy: bool) {
        self.0.flags.send_if_modified(|flags| std::mem::replace(&mut flags.healthy, healthy) != healthy);
    }

    /// Sets whether a service, such as `greeter.Greeter`, is ready while the program is. Default: ready.
    pub fn set_service(&self, full_name: &str, ready: bool) {
        self.0.flags.send_if_modified(|flags| match ready {
            true => flags.down.remove(full_name),
            false => flags.down.insert(full_name.to_owned()),
        });
    }

    /// Returns the current stage.
    pub fn stage(&self) -> Stage {
        self.states().borrow().stage
    }

    /// Returns `true` if the program accepts calls.
    pub fn is_ready(&self) -> bool {
        self.stage() == Stage::Ready
    }

    /// Waits until the program drains.
    pub async fn drained(&self) {
        self.0.lifecycle.wait_for(lifecycle::State::Draining).await;
    }

    /// Watches the stage and the services.
    pub fn states(&self) -> States {
        States { lifecycle: self.0.lifecycle.subscribe(), flags: self.0.flags.subscribe() }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").field("stage", &self.stage()).finish()
    }
}

/// A receiver of every change of a [`Readiness`].
#[derive(Clone)]
pub struct States {
    lifecycle: watch::Receiver<lifecycle::State>,
    flags: watch::Receiver<Flags>,
}

/// A snapshot of a [`Readiness`].
#[derive(Clone, Debug)]
pub struct State {
    /// Summary of the readiness.
    pub stage: Stage,
    down: BTreeSet<String>,
}

impl States {
    /// Returns the current state.
    pub fn borrow(&self) -> State {
        State::new(*self.lifecycle.borrow(), &self.flags.borrow())
    }

    /// Returns the current state and marks it as seen.
    pub fn borrow_and_update(&mut self) -> State {
        State::new(*self.lifecycle.borrow_and_update(), &self.flags.borrow_and_update())
    }

    /// Waits for a change that was not seen yet. Cancel safe.
    ///
    /// # Errors
    ///
    /// Fails once the [`Readiness`] is dropped.
    pub async fn changed(&mut self) -> Result<(), watch::error::RecvError> {
        tokio::select! {
            changed = self.lifecycle.changed() => changed,
            changed = self.flags.changed() => changed,
        }
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("States").field(&self.borrow()).finish()
    }
}

impl State {
    fn new(lifecycle: lifecycle::State, flags: &Flags) -> Self {
        let stage = match lifecycle {
            lifecycle::State::Serving if flags.wanted && flags.healthy => Stage::Ready,
            lifecycle::State::Starting | lifecycle::State::Serving | lifecycle::State::LameDuck => Stage::NotReady,
            lifecycle::State::Draining | lifecycle::State::Stopped => Stage::Draining,
        };
        State { stage, down: flags.down.clone() }
    }

    /// Returns `true` if this service is ready, or, with an empty name, the whole program.
    pub fn serves(&self, full_name: &str) -> bool {
        self.stage == Stage::Ready && !self.down.contains(full_name)
    }
}

#[cfg(test)]
mod tests {
    use super::lifecycle::State::{Draining, LameDuck, Serving};
    use super::*;

    #[tokio::test]
    async fn readiness_follows_the_life_cycle_the_checks_and_the_program() {
        let lifecycle = Lifecycle::new();
        let readiness = Readiness::new(lifecycle.clone());
        assert_eq!(readiness.stage(), Stage::NotReady);
        lifecycle.advance(Serving);
        assert!(readiness.is_ready());
        readiness.set_healthy(false);
        readiness.set_ready(false);
        readiness.set_healthy(true);
        assert!(!readiness.is_ready(), "a check that passes does not end a pause the program asked for");
        readiness.set_ready(true);
        assert!(readiness.is_ready());
        lifecycle.advance(LameDuck);
        assert_eq!(readiness.stage(), Stage::NotReady);
        lifecycle.advance(Draining);
        assert_eq!(readiness.stage(), Stage::Draining);
        readiness.drained().await;
    }

    #[tokio::test]
    async fn every_kind_of_change_is_seen() {
        let lifecycle = Lifecycle::new();
        let readiness = Readiness::new(lifecycle.clone());
        let mut states = readiness.states();
        lifecycle.advance(Serving);
        states.changed().await.expect("the readiness is held");
        assert!(states.borrow_and_update().serves("a"));
        readiness.set_service("a", false);
        states.changed().await.expect("the readiness is held");
        let state = states.borrow_and_update();
        assert!(state.serves("") && !state.serves("a") && state.serves("b"));
    }
}
