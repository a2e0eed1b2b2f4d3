//! The stop of an app, step by step, so that no call and no event is lost.

use std::fmt;
use std::time::Duration;

use super::handle::Handle;
use super::serve::{Registered, ServerTask};
use super::subscribers::Subscribers;
use super::{Settings, steps};
use crate::bridge::Host;
use crate::errors::{Error, Result};
use crate::rpc::BoxFuture;
use crate::server::Drained;
use crate::util::clock::{self, Instant};
use crate::util::duration;
use crate::util::lifecycle::State;

/// Timeout for leaving the registry; entries that stay listed expire with their lease.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(10);

/// One step of the stop.
struct StopStep {
    name: &'static str,
    bound: Bound,
    run: for<'a> fn(&'a mut Stop) -> BoxFuture<'a, Result<()>>,
}

/// Bound of a step's duration.
enum Bound {
    /// As long as it takes: it does not wait on others.
    None,
    /// So long.
    Fixed(Duration),
    /// As the settings say.
    Settings(fn(&Settings) -> Duration),
    /// The rest of the shutdown timeout, which begins with the first of these steps.
    Shutdown(&'static str),
}

/// The order matters: callers must have heard that the node leaves before it refuses them, handlers may publish until the
/// last one has ended, and what they published is flushed before its connections close.
const STEPS: [StopStep; 8] = [
    StopStep { name: "leave rotation", bound: Bound::None, run: |stop| Box::pin(stop.advance(State::LameDuck)) },
    StopStep { name: "deregister", bound: Bound::Fixed(LEAVE_TIMEOUT), run: |stop| Box::pin(stop.deregister()) },
    StopStep { name: "withdraw backends", bound: Bound::Fixed(LEAVE_TIMEOUT), run: |stop| Box::pin(stop.withdraw()) },
    StopStep {
        name: "wait for propagation",
        bound: Bound::Settings(|settings| settings.drain_delay + LEAVE_TIMEOUT),
        run: |stop| Box::pin(stop.propagate()),
    },
    // The port has a bound of its own, because it counts what it cuts off.
    StopStep { name: "drain calls and events", bound: Bound::None, run: |stop| Box::pin(stop.drain()) },
    StopStep { name: "end calls", bound: Bound::None, run: |stop| Box::pin(stop.advance(State::Stopped)) },
    StopStep {
        name: "flush",
        bound: Bound::Shutdown("events were still on their way to subscribers"),
        run: |stop| Box::pin(stop.flush()),
    },
    StopStep {
        name: "close backends",
        bound: Bound::Shutdown("connections of backends were still closing"),
        run: |stop| Box::pin(stop.close()),
    },
];

/// A stop under way, with what it takes down.
pub(super) struct Stop {
    pub(super) app: Handle,
    pub(super) listed: Option<Registered>,
    pub(super) door: Option<ServerTask>,
    pub(super) host: Host,
    pub(super) subscribers: Option<Subscribers>,
    /// The end of the shutdown timeout, once that has begun.
    pub(super) until: Option<Instant>,
}

/// Takes every step, also after one that failed, and returns the first failure.
///
/// # Errors
///
/// [`DeadlineExceeded`](crate::Code::DeadlineExceeded) when calls or events did not finish in time and were cut off.
pub(super) async fn run(mut stop: Stop) -> Result<()> {
    let mut outcome = Ok(());
    for step in &STEPS {
        let bound = stop.bound(&step.bound);
        let done = steps::run(step.name, bound, (step.run)(&mut stop)).await;
        outcome = outcome.and(match (done, &step.bound) {
            (Err(_), Bound::Shutdown(what)) => Err(stop.cut_off(format_args!("{what}"))),
            // Not to have left in time loses nothing: the entry expires, and callers try another node.
            (Err(error), Bound::Fixed(_)) => {
                tracing::warn!("{} failed: {error:#}", step.name);
                Ok(())
            }
            (done, _) => done,
        });
    }
    outcome
}

impl Stop {
    fn bound(&mut self, bound: &Bound) -> Option<Duration> {
        match bound {
            Bound::None => None,
            Bound::Fixed(bound) => Some(*bound),
            Bound::Settings(read) => Some(read(&self.app.settings())),
            Bound::Shutdown(_) => Some(self.until().saturating_duration_since(clock::now())),
        }
    }

    fn until(&mut self) -> Instant {
        let timeout = self.timeout();
        *self.until.get_or_insert_with(|| clock::after(timeout))
    }

    fn timeout(&self) -> Duration {
        self.app.settings().shutdown_timeout
    }

    fn cut_off(&self, what: fmt::Arguments<'_>) -> Error {
        Error::deadline_exceeded(format!("{what} after {} and were cut off", duration::show(self.timeout())))
    }

    async fn advance(&self, state: State) -> Result<()> {
        self.app.health().lifecycle().advance(state);
        Ok(())
    }

    async fn deregister(&mut self) -> Result<()> {
        if let Some(Registered { listing, checking }) = self.listed.take() {
            drop(checking);
            listing.leave().await;
        }
        Ok(())
    }

    async fn withdraw(&self) -> Result<()> {
        for hosted in self.host.all() {
            hosted.leave().await;
        }
        Ok(())
    }

    /// Goes on serving until clients have heard that the node left.
    async fn propagate(&self) -> Result<()> {
        if self.door.is_some() {
            let delay = self.app.settings().drain_delay;
            clock::sleep(delay).await;
        }
        Ok(())
    }

    /// Takes no more calls and events, and finishes those that have begun.
    async fn drain(&mut self) -> Result<()> {
        let until = self.until();
        self.advance(State::Draining).await?;
        let (subscribers, door) = (self.subscribers.take(), self.door.take());
        let handled = async {
            let Some(subscribers) = subscribers else { return Ok(()) };
            let finished = clock::timeout_at(until, subscribers.finish()).await;
            finished.map_err(|_| self.cut_off(format_args!("events were still being handled")))
        };
        let served = async {
            match door {
                Some(door) => door.serving.await,
                None => Ok(Drained::Clean),
            }
        };
        let (handled, drained) = tokio::join!(handled, served);
        match drained? {
            Drained::Clean => handled,
            Drained::Forced(open) => Err(self.cut_off(format_args!("{open} connections still had calls in flight"))),
        }
    }

    async fn flush(&self) -> Result<()> {
        self.app.plugs().flush().await;
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.app.plugs().close().await;
        Ok(())
    }
}
