//! State of a connection, as the driver reports it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_nats::{ClientError, ConnectErrorKind, Event, ServerError};
use tokio::sync::watch;

use super::error::Violation;
use super::url::NatsAddress;

/// State of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Connected. The number differs after each reconnect, so that a loss in between can be noticed.
    Connected(u64),
    /// Lost, and about to be made again.
    Disconnected,
    /// Ended with the runtime that drove it: connect again.
    Closed,
}

/// Observes the state of a connection.
#[derive(Clone, Debug)]
pub struct StateWatch(watch::Receiver<State>);

impl StateWatch {
    /// Returns the current state.
    pub fn current(&self) -> State {
        // Without a sender the driver has ended.
        if self.0.has_changed().is_err() { State::Closed } else { *self.0.borrow() }
    }

    /// Waits for the next change. Returns at once when the connection is closed.
    pub async fn changed(&mut self) -> State {
        match self.0.changed().await {
            Ok(()) => *self.0.borrow_and_update(),
            Err(_) => State::Closed,
        }
    }

    /// Waits until the connection is connected or closed.
    pub async fn settled(&mut self) -> State {
        match self.0.wait_for(|state| matches!(state, State::Connected(_))).await {
            Ok(state) => *state,
            Err(_) => State::Closed,
        }
    }

    /// Observes the changes from now on.
    pub(super) fn resubscribe(&self) -> Self {
        let mut state = self.0.clone();
        state.mark_unchanged();
        StateWatch(state)
    }
}

/// State reported by the driver.
pub(super) struct Reported {
    pub(super) state: StateWatch,
    /// The last subject that was refused.
    pub(super) violation: watch::Receiver<Arc<Violation>>,
    /// `true` if the server refuses a login that it accepted before.
    pub(super) locked_out: watch::Receiver<bool>,
}

/// Takes the driver's events.
pub(super) struct StateReporter {
    address: NatsAddress,
    state: watch::Sender<State>,
    violation: watch::Sender<Arc<Violation>>,
    locked_out: watch::Sender<bool>,
}

impl StateReporter {
    pub(super) fn new(address: NatsAddress) -> (Self, Reported) {
        let (state, states) = watch::channel(State::Disconnected);
        let (violation, violations) = watch::channel(Arc::default());
        let (locked_out, is_locked_out) = watch::channel(false);
        let reported = Reported { state: StateWatch(states), violation: violations, locked_out: is_locked_out };
        (StateReporter { address, state, violation, locked_out }, reported)
    }

    pub(super) fn report(&self, event: Event) {
        match event {
            Event::Connected => self.connected(),
            Event::Disconnected => {
                tracing::warn!(server = %self.address, "lost the connection to NATS, reconnecting");
                self.state.send_replace(State::Disconnected);
            }
            Event::ServerError(ServerError::Other(line)) => {
                tracing::warn!(server = %self.address, line, "NATS reports an error");
                if let Some(violation) = Violation::parse(&line) {
                    self.violation.send_replace(Arc::new(violation));
                }
            }
            Event::SlowConsumer(_) => {
                tracing::warn!(server = %self.address, "messages from NATS came faster than read");
            }
            Event::ClientError(error) if refuses_login(&error) => {
                if !self.locked_out.send_replace(true) {
                    tracing::warn!(server = %self.address, "NATS refuses the login it took before");
                }
            }
            Event::ServerError(_) | Event::ClientError(_) => {
                tracing::debug!(server = %self.address, %event, "NATS reports an error");
            }
            Event::LameDuckMode | Event::Draining | Event::Closed => {
                tracing::debug!(server = %self.address, %event, "NATS reports");
            }
        }
    }

    fn connected(&self) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        tracing::debug!(server = %self.address, "connected to NATS");
        self.locked_out.send_replace(false);
        self.state.send_replace(State::Connected(NEXT.fetch_add(1, Ordering::Relaxed)));
    }
}

/// Returns `true` if an attempt to reconnect failed because of the login. The driver exposes the kind of the failure only as
/// text, so the text is compared.
fn refuses_login(error: &ClientError) -> bool {
    let kinds = [ConnectErrorKind::AuthorizationViolation, ConnectErrorKind::Authentication];
    matches!(error, ClientError::Other(name) if kinds.iter().any(|kind| kind.to_string() == *name))
}
