use std::collections::BTreeSet;

use tokio::sync::watch;

/// Whether a program wants to be called, and each of its services. Cloning it is cheap and gives the same one.
#[derive(Clone, Debug, Default)]
pub struct Readiness(watch::Sender<State>);

/// What a program is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Not for calls: it starts, something it needs is missing, or it is about to leave.
    #[default]
    NotReady,
    /// For calls.
    Ready,
    /// For nothing more: calls in flight finish, and streams that only report end.
    Draining,
}

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) stage: Stage,
    down: BTreeSet<String>,
}

impl Readiness {
    /// A program that is not ready yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether it is ready. Once it drains, it never is again.
    pub fn set_ready(&self, ready: bool) {
        self.enter(if ready { Stage::Ready } else { Stage::NotReady });
    }

    /// Says that it ends.
    pub fn drain(&self) {
        self.enter(Stage::Draining);
    }

    fn enter(&self, stage: Stage) {
        self.0.send_if_modified(|state| {
            let changes = state.stage != stage && state.stage != Stage::Draining;
            if changes {
                state.stage = stage;
            }
            changes
        });
    }

    /// Says whether one service is ready while the program is: `greeter.Greeter`. All are until somebody says otherwise.
    pub fn set_service(&self, full_name: &str, ready: bool) {
        self.0.send_if_modified(|state| match ready {
            true => state.down.remove(full_name),
            false => state.down.insert(full_name.to_owned()),
        });
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        self.0.borrow().stage
    }

    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        self.stage() == Stage::Ready
    }

    /// Waits until it drains.
    pub async fn drained(&self) {
        // The sender lives in `self`, so the wait ends with the value alone.
        drop(self.0.subscribe().wait_for(|state| state.stage == Stage::Draining).await);
    }

    /// Where it stands now and from now on.
    pub(super) fn states(&self) -> watch::Receiver<State> {
        self.0.subscribe()
    }
}

impl State {
    /// Whether this service is ready, or with an empty name all of the program.
    pub(super) fn serves(&self, full_name: &str) -> bool {
        self.stage == Stage::Ready && !self.down.contains(full_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_drains_is_never_ready_again() {
        let readiness = Readiness::new();
        assert!(!readiness.is_ready());
        readiness.set_ready(true);
        assert!(readiness.is_ready());
        readiness.drain();
        readiness.set_ready(true);
        assert_eq!(readiness.stage(), Stage::Draining);
        readiness.drained().await;
    }

    #[test]
    fn a_service_is_ready_when_the_program_is_and_nobody_says_otherwise() {
        let readiness = Readiness::new();
        readiness.set_service("b", false);
        let serves = |name| readiness.states().borrow().serves(name);
        assert!(!serves("") && !serves("a") && !serves("b"));
        readiness.set_ready(true);
        assert!(serves("") && serves("a") && !serves("b"));
        readiness.set_service("b", true);
        assert!(serves("b"));
    }
}
