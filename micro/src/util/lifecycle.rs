//! The life cycle of a program: one state that its server, transports, health, readiness and subscribers follow.
//!
//! Whatever must behave differently while the program starts, leaves or ends holds a [`Lifecycle`] and reads it; it keeps no
//! flag of its own that could say something else.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::watch;

/// A stage in the life of a program. Stages are ordered, and a program only ever goes forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum State {
    /// Being built; nothing is served yet.
    #[default]
    Starting,
    /// Everything is served.
    Serving,
    /// Everything is served, but the program is leaving: it is not ready any more and is taken off the registry, and
    /// HTTP/1.1 clients are asked to reconnect elsewhere.
    LameDuck,
    /// No new connections, calls or events; those in flight finish.
    Draining,
    /// Calls in flight are dropped.
    Stopped,
}

/// The watched [`State`] of a program. Cloning is cheap and shares the state.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use micro::util::lifecycle::{Lifecycle, State};
///
/// let lifecycle = Lifecycle::new();
/// let follower = lifecycle.clone();
/// lifecycle.advance(State::Draining);
/// follower.wait_for(State::LameDuck).await; // passed already
/// assert_eq!(follower.state(), State::Draining);
/// assert!(!lifecycle.advance(State::Serving), "there is no way back");
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Lifecycle(Arc<Shared>);

#[derive(Default)]
struct Shared {
    // A copy of what is watched, because every call reads it and the lock of the watch costs more than the call's routing.
    state: AtomicU8,
    watched: watch::Sender<State>,
}

impl Lifecycle {
    /// Creates a life cycle at [`State::Starting`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Advances to `state` and returns whether that is a change; does nothing when the program is there already or beyond.
    pub fn advance(&self, state: State) -> bool {
        self.0.watched.send_if_modified(|now| {
            let further = state > *now;
            if further {
                *now = state;
                self.0.state.store(state as u8, Ordering::Release);
            }
            further
        })
    }

    /// Returns the current state.
    pub fn state(&self) -> State {
        match self.0.state.load(Ordering::Acquire) {
            0 => State::Starting,
            1 => State::Serving,
            2 => State::LameDuck,
            3 => State::Draining,
            _ => State::Stopped,
        }
    }

    /// Waits until the program has reached `state` or gone beyond it.
    pub async fn wait_for(&self, state: State) {
        // The sender lives in `self`, so the wait ends with the value alone.
        drop(self.0.watched.subscribe().wait_for(|now| *now >= state).await);
    }

    /// Returns a receiver that is notified of every change.
    pub fn subscribe(&self) -> watch::Receiver<State> {
        self.0.watched.subscribe()
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lifecycle").field(&self.state()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_only_goes_forward() {
        let lifecycle = Lifecycle::new();
        assert!(lifecycle.advance(State::Draining));
        assert!(!lifecycle.advance(State::LameDuck));
        assert_eq!(lifecycle.state(), State::Draining);
        lifecycle.wait_for(State::LameDuck).await;
        lifecycle.wait_for(State::Draining).await;
    }

    #[test]
    fn what_is_read_is_what_is_watched() {
        let lifecycle = Lifecycle::new();
        let watched = lifecycle.subscribe();
        for state in [State::Starting, State::Serving, State::LameDuck, State::Draining, State::Stopped] {
            lifecycle.advance(state);
            assert_eq!((lifecycle.state(), *watched.borrow()), (state, state));
        }
    }
}
