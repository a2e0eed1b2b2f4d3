//! From start to stop.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use super::inject::{Inject, Resolver};
use super::settings::HELP;
use super::{App, Settings};
use crate::client::Client;
use crate::debug::Readiness;
use crate::errors::{Code, Error, Result};
use crate::registry::{Registration, Registry};
use crate::server::{Drained, Phase, Server, Switch};
use crate::util::spawn::Task;
use crate::util::{clock, duration};

/// A program that runs: it serves, and it can call.
///
/// Dropping it closes its sockets at once and takes it off the registry in the background; [`stop`](Self::stop) lets calls
/// in flight finish.
pub struct Running {
    settings: Settings,
    resolver: Resolver,
    client: Client,
    registry: Registry,
    server: Arc<Server>,
    readiness: Readiness,
    // Taken off the registry before the listener closes, also when dropped: fields are dropped in order.
    registrations: Vec<Registration>,
    door: Option<Door>,
}

/// The port, while it is served.
pub(super) struct Door {
    pub(super) address: SocketAddr,
    pub(super) switch: Switch,
    pub(super) serving: Task<Drained>,
}

impl Running {
    pub(super) fn new(
        settings: Settings,
        resolver: Resolver,
        client: Client,
        registry: Registry,
        server: Arc<Server>,
        readiness: Readiness,
    ) -> Self {
        Running { settings, resolver, client, registry, server, readiness, registrations: Vec::new(), door: None }
    }

    pub(super) fn listening(&mut self, door: Door) {
        self.door = Some(door);
    }

    pub(super) fn registered(&mut self, registration: Registration) {
        self.registrations.push(registration);
    }

    pub(super) fn ready(&self) {
        self.readiness.set_ready(true);
    }

    /// A generated client, a handle, or anything that was provided: what `#[micro::init]` could have injected.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] when nothing provides it.
    pub fn get<T: Inject>(&self) -> Result<T> {
        self.resolver.get()
    }

    /// What it was set to.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The client that all generated ones share.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where it is listed, and finds others.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Whether it wants to be called, as probes and health checks are told. Set it to take the program, or one of its
    /// services, out of rotation for a while.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Where it listens; nowhere if it serves nothing.
    pub fn address(&self) -> Option<SocketAddr> {
        self.door.as_ref().map(|door| door.address)
    }

    pub(super) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Stops it so that no call is lost: not ready, off the registry, then no new connections, then what is in flight
    /// finishes, for at most [`Settings::shutdown_timeout`].
    ///
    /// Dropping the future closes what is still open.
    ///
    /// # Errors
    ///
    /// [`Code::DeadlineExceeded`] when calls in flight did not finish in time and were cut off.
    pub async fn stop(mut self) -> Result<()> {
        self.readiness.set_ready(false);
        if let Some(door) = &self.door {
            door.switch.to(Phase::Leaving);
        }
        for registration in self.registrations.drain(..) {
            if let Err(error) = registration.deregister().await {
                tracing::warn!("cannot leave the registry, the entry stays until its time is up: {error:#}");
            }
        }
        let Some(door) = self.door.take() else { return Ok(()) };
        clock::sleep(self.settings.drain_delay).await;
        self.readiness.drain();
        door.switch.to(Phase::Draining);
        let drained = door.serving.await?;
        self.server.stop();
        match drained {
            Drained::Clean => Ok(()),
            Drained::Forced(open) => Err(Error::deadline_exceeded(format!(
                "{open} connections still had calls in flight after {} and were cut off",
                duration::show(self.settings.shutdown_timeout)
            ))),
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("address", &self.address()).field("server", &self.server).finish()
    }
}

pub(super) async fn run(app: App) -> Result<()> {
    let mut signals = Signals::new()?;
    if app.source.is_none() {
        app.settings.logging.install()?;
    }
    // A signal during a slow start-up ends it: dropping the future undoes what was done.
    let running = tokio::select! {
        started = app.start() => match started {
            Ok(running) => running,
            Err(error) if error.code() == Code::Cancelled && error.message() == HELP => return Ok(()),
            Err(error) => return Err(error),
        },
        () = signals.next() => return Ok(()),
    };
    signals.next().await;
    tracing::info!("stopping: calls in flight finish; a second signal ends them");
    tokio::select! {
        stopped = running.stop() => stopped,
        () = signals.next() => Err(Error::new(Code::Cancelled, "a second signal ended the calls in flight")),
    }
}

/// SIGTERM and ctrl-c.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self> {
        Ok(Signals {})
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
