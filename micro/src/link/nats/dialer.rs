//! Dialling until there is a connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::connection::{Connection, connect};
use super::state::State;
use super::url::Address;
use crate::errors::{Code, Error, Result};
use crate::util::backoff::Backoff;
use crate::util::clock;
use crate::util::spawn::{self, Task};

const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Dials a server until there is a connection, and again when one is closed. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct Dialer(Arc<Shared>);

struct Shared {
    address: Address,
    outcome: watch::Receiver<Outcome>,
    _task: Task<()>,
}

/// Outcome of the last attempt.
#[derive(Clone)]
enum Outcome {
    Pending,
    Connected(Connection),
    Failed(Error),
}

impl Dialer {
    /// Begins to dial, and waits for the first attempt. A server that is away is no failure.
    ///
    /// # Errors
    ///
    /// As [`connect`], except for [`Unavailable`](Code::Unavailable).
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn open(address: Address) -> Result<Self> {
        let (sender, mut outcome) = watch::channel(Outcome::Pending);
        let dialer = Dialer(Arc::new(Shared {
            address: address.clone(),
            outcome: outcome.clone(),
            _task: spawn::spawn(dial(address, sender)),
        }));
        let first = outcome.wait_for(|outcome| !matches!(outcome, Outcome::Pending)).await;
        match first.ok().as_deref() {
            Some(Outcome::Failed(error)) if error.code() != Code::Unavailable => Err(error.clone()),
            _ => Ok(dialer),
        }
    }

    /// The address that is dialled.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// Whether there is a connection now.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn ready(&self) -> Result<()> {
        match &*self.0.outcome.borrow() {
            Outcome::Connected(_) => Ok(()),
            Outcome::Failed(error) => Err(error.clone()),
            Outcome::Pending => Err(Error::unavailable("not connected yet")),
        }
    }

    /// Waits for a connection. Dropping the future does not end the dialling.
    ///
    /// # Errors
    ///
    /// As [`connect`], except for [`Unavailable`](Code::Unavailable), which is waited out.
    pub async fn connection(&self) -> Result<Connection> {
        if let Outcome::Connected(connection) = &*self.0.outcome.borrow() {
            return Ok(connection.clone());
        }
        let mut outcome = self.0.outcome.clone();
        let settled = outcome.wait_for(|outcome| match outcome {
            Outcome::Connected(_) => true,
            Outcome::Failed(error) => error.code() != Code::Unavailable,
            Outcome::Pending => false,
        });
        match settled.await.ok().as_deref() {
            Some(Outcome::Connected(connection)) => Ok(connection.clone()),
            Some(Outcome::Failed(error)) => Err(error.clone()),
            _ => Err(Error::unavailable(format!("the connection to `{}` went with its runtime", self.0.address))),
        }
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialer({}, {:?})", self.0.address, self.ready())
    }
}

async fn dial(address: Address, outcome: watch::Sender<Outcome>) {
    let mut backoff = Backoff::new(MIN_PAUSE, MAX_PAUSE);
    loop {
        match connect(&address).await {
            Ok(connection) => {
                backoff.reset();
                follow(&connection, &outcome).await;
            }
            Err(error) => {
                let news = !matches!(&*outcome.borrow(), Outcome::Failed(before) if *before == error);
                if news {
                    tracing::warn!(server = %address, %error, "cannot reach NATS, trying again");
                }
                outcome.send_replace(Outcome::Failed(error));
                clock::sleep(backoff.next_delay()).await;
            }
        }
    }
}

/// Publishes the state of a connection until it is closed.
async fn follow(connection: &Connection, outcome: &watch::Sender<Outcome>) {
    let mut states = connection.states();
    loop {
        match states.current() {
            State::Connected(_) => outcome.send_replace(Outcome::Connected(connection.clone())),
            State::Disconnected => outcome.send_replace(Outcome::Failed(connection.lost())),
            State::Closed => return,
        };
        states.changed().await;
    }
}
