//! Dialling until there is a connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::connection::{NatsConnection, connect};
use super::state::State;
use super::url::NatsAddress;
use crate::errors::{Code, Error, Result};
use crate::util::backoff::Backoff;
use crate::util::clock;
use crate::util::spawn::{self, Task};

const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Dials a server until there is a connection, and again when one is closed. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct NatsDialer(Arc<Shared>);

struct Shared {
    address: NatsAddress,
    outcome: watch::Receiver<DialOutcome>,
    _task: Task<()>,
}

/// Outcome of the last attempt.
#[derive(Clone)]
enum DialOutcome {
    Pending,
    Connected(NatsConnection),
    Failed(Error),
}

impl NatsDialer {
    /// Begins to dial, and waits for the first attempt. A server that is away is no failure.
    ///
    /// # Errors
    ///
    /// As [`connect`], except for [`Unavailable`](Code::Unavailable).
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn open(address: NatsAddress) -> Result<Self> {
        let (sender, mut outcome) = watch::channel(DialOutcome::Pending);
        let dialer = NatsDialer(Arc::new(Shared {
            address: address.clone(),
            outcome: outcome.clone(),
            _task: spawn::spawn(dial(address, sender)),
        }));
        let first = outcome.wait_for(|outcome| !matches!(outcome, DialOutcome::Pending)).await;
        match first.ok().as_deref() {
            Some(DialOutcome::Failed(error)) if error.code() != Code::Unavailable => Err(error.clone()),
            _ => Ok(dialer),
        }
    }

    /// The address that is dialled.
    pub fn address(&self) -> &NatsAddress {
        &self.0.address
    }

    /// Checks that there is a connection now.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn ready(&self) -> Result<()> {
        match &*self.0.outcome.borrow() {
            DialOutcome::Connected(_) => Ok(()),
            DialOutcome::Failed(error) => Err(error.clone()),
            DialOutcome::Pending => Err(Error::unavailable("not connected yet")),
        }
    }

    /// Waits for a connection. Dropping the future does not end the dialling.
    ///
    /// # Errors
    ///
    /// As [`connect`], except for [`Unavailable`](Code::Unavailable), which is waited out.
    pub async fn connection(&self) -> Result<NatsConnection> {
        if let DialOutcome::Connected(connection) = &*self.0.outcome.borrow() {
            return Ok(connection.clone());
        }
        let mut outcome = self.0.outcome.clone();
        let settled = outcome.wait_for(|outcome| match outcome {
            DialOutcome::Connected(_) => true,
            DialOutcome::Failed(error) => error.code() != Code::Unavailable,
            DialOutcome::Pending => false,
        });
        match settled.await.ok().as_deref() {
            Some(DialOutcome::Connected(connection)) => Ok(connection.clone()),
            Some(DialOutcome::Failed(error)) => Err(error.clone()),
            _ => Err(Error::unavailable(format!("the connection to `{}` went with its runtime", self.0.address))),
        }
    }
}

impl fmt::Debug for NatsDialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialer({}, {:?})", self.0.address, self.ready())
    }
}

async fn dial(address: NatsAddress, outcome: watch::Sender<DialOutcome>) {
    let mut backoff = Backoff::new(MIN_PAUSE, MAX_PAUSE);
    loop {
        match connect(&address).await {
            Ok(connection) => {
                backoff.reset();
                follow(&connection, &outcome).await;
            }
            Err(error) => {
                let news = !matches!(&*outcome.borrow(), DialOutcome::Failed(before) if *before == error);
                if news {
                    tracing::warn!(server = %address, %error, "cannot reach NATS, trying again");
                }
                outcome.send_replace(DialOutcome::Failed(error));
                clock::sleep(backoff.next_delay()).await;
            }
        }
    }
}

/// Publishes the state of a connection until it is closed.
async fn follow(connection: &NatsConnection, outcome: &watch::Sender<DialOutcome>) {
    let mut states = connection.states();
    loop {
        match states.current() {
            State::Connected(_) => outcome.send_replace(DialOutcome::Connected(connection.clone())),
            State::Disconnected => outcome.send_replace(DialOutcome::Failed(connection.lost())),
            State::Closed => return,
        };
        states.changed().await;
    }
}
