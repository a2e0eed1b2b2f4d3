//! The way to the server, which is there or is being made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::broker::State;
use crate::errors::{Code, Error, Result};
use crate::link::nats::{self as link, Address, Link, State as Standing};
use crate::util::clock;
use crate::util::random;
use crate::util::spawn::{self, Task};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A way to the server. Clones share it; it is given up with the last one.
#[derive(Clone)]
pub(super) struct Line(Arc<Kept>);

struct Kept {
    address: Address,
    told: watch::Receiver<Found>,
    _keeper: Task<()>,
}

/// What became of the last try.
#[derive(Clone)]
enum Found {
    Nothing,
    Up(Link),
    Down(Error),
}

impl Line {
    /// Begins to connect, and waits for the first try.
    ///
    /// # Errors
    ///
    /// When it fails for another reason than that the server is away.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub(super) async fn open(address: Address) -> Result<Self> {
        let (tell, mut told) = watch::channel(Found::Nothing);
        let line = Line(Arc::new(Kept {
            address: address.clone(),
            told: told.clone(),
            _keeper: spawn::spawn(keep(address, tell)),
        }));
        let first = told.wait_for(|found| !matches!(found, Found::Nothing)).await;
        match first.ok().as_deref() {
            Some(Found::Down(error)) if error.code() != Code::Unavailable => Err(error.clone()),
            _ => Ok(line),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.0.address
    }

    pub(super) fn state(&self) -> State {
        match &*self.0.told.borrow() {
            Found::Up(_) => State::Up,
            Found::Down(error) => State::Down(error.message().to_owned()),
            Found::Nothing => State::Down("it was not reached yet".to_owned()),
        }
    }

    /// The connection, as soon as it stands.
    ///
    /// # Errors
    ///
    /// When the server is there and refuses.
    pub(super) async fn link(&self) -> Result<Link> {
        if let Found::Up(link) = &*self.0.told.borrow() {
            return Ok(link.clone());
        }
        let mut told = self.0.told.clone();
        let settled = told.wait_for(|found| match found {
            Found::Up(_) => true,
            Found::Down(error) => error.code() != Code::Unavailable,
            Found::Nothing => false,
        });
        match settled.await.ok().as_deref() {
            Some(Found::Up(link)) => Ok(link.clone()),
            Some(Found::Down(error)) => Err(error.clone()),
            _ => Err(Error::unavailable(format!("the connection to `{}` went with its runtime", self.0.address))),
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({}, {:?})", self.0.address, self.state())
    }
}

async fn keep(address: Address, tell: watch::Sender<Found>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match link::connect(&address).await {
            Ok(link) => {
                pause = FIRST_PAUSE;
                follow(&link, &tell).await;
            }
            Err(error) => {
                let news = !matches!(&*tell.borrow(), Found::Down(before) if *before == error);
                if news {
                    tracing::warn!(server = %address, %error, "cannot reach the broker, trying again");
                }
                tell.send_replace(Found::Down(error));
                clock::sleep(pause.mul_f64(0.5 + random::fraction() / 2.0)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Tells how a connection is doing, until it is closed.
async fn follow(link: &Link, tell: &watch::Sender<Found>) {
    let mut states = link.states();
    loop {
        match states.current() {
            Standing::Connected(_) => tell.send_replace(Found::Up(link.clone())),
            Standing::Disconnected => tell.send_replace(Found::Down(link.lost())),
            Standing::Closed => return,
        };
        states.changed().await;
    }
}
