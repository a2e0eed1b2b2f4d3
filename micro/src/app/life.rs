//! From start to stop.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::health::Health;
use super::hooks::{self, Hooks};
use super::inject::{Inject, Resolver};
use super::listing::Listing;
use super::plugs::OpenPlugs;
use super::settings::Answered;
use super::signals::Signals;
use super::stop::{self, Stop};
use super::subscribers::Subscribers;
use super::{App, Settings};
use crate::bridge::Host;
use crate::broker::{Broker, Brokers};
use crate::client::Client;
use crate::config::{Config, Configuration, Snapshot};
use crate::debug::Readiness;
use crate::errors::{Code, Error, Result};
use crate::registry::Registry;
use crate::rpc::Description;
use crate::server::{Drained, Server};
use crate::util::lifecycle::{Lifecycle, State};
use crate::util::spawn::Task;

/// What a running app has: clients, handles, and what was provided. Cloning it is cheap and gives the same app.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use micro::registry::Registry;
///
/// #[derive(Clone)]
/// struct Pool(&'static str);
///
/// let app = micro::app().registry(Registry::memory()).provide(Pool("ours")).start().await?;
/// let handle = app.handle(); // to keep where the app itself is not at hand
/// assert_eq!(handle.get::<Pool>()?.0, "ours");
/// assert_eq!(handle.registry().name(), "memory");
/// # Ok(()) }
/// ```
///
/// Holding it does not keep the app running.
#[derive(Clone)]
pub struct Handle(Arc<Inner>);

struct Inner {
    configuration: Configuration,
    settings: Config<Settings>,
    resolver: Resolver,
    client: Client,
    registry: Registry,
    brokers: Brokers,
    plugs: OpenPlugs,
    server: Arc<Server>,
    health: Health,
    /// The scheme of its URLs too.
    address: OnceLock<(SocketAddr, &'static str)>,
}

/// What a handle is made of.
pub(super) struct Parts {
    pub(super) configuration: Configuration,
    pub(super) settings: Config<Settings>,
    pub(super) resolver: Resolver,
    pub(super) client: Client,
    pub(super) registry: Registry,
    pub(super) brokers: Brokers,
    pub(super) plugs: OpenPlugs,
    pub(super) server: Arc<Server>,
    pub(super) readiness: Readiness,
    pub(super) lifecycle: Lifecycle,
}

impl Handle {
    pub(super) fn new(parts: Parts) -> Self {
        Handle(Arc::new(Inner {
            configuration: parts.configuration,
            settings: parts.settings,
            resolver: parts.resolver,
            client: parts.client,
            registry: parts.registry,
            brokers: parts.brokers,
            plugs: parts.plugs,
            server: parts.server,
            health: Health::new(parts.readiness, parts.lifecycle),
            address: OnceLock::new(),
        }))
    }

    /// A generated client, a handle, or anything that was provided: what `#[micro::init]` could have injected.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] when nothing provides it.
    pub fn get<T: Inject>(&self) -> Result<T> {
        self.0.resolver.get()
    }

    /// What micro itself is set to, now.
    pub fn settings(&self) -> Snapshot<'_, Settings> {
        self.0.settings.get()
    }

    /// All settings, by key.
    pub fn configuration(&self) -> &Configuration {
        &self.0.configuration
    }

    /// The client that all generated ones share.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Where it is listed, and finds others.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Where its events go to and come from, where nobody says otherwise.
    pub fn broker(&self) -> &Broker {
        self.0.brokers.default_instance()
    }

    /// All brokers it has.
    pub fn brokers(&self) -> &Brokers {
        &self.0.brokers
    }

    /// Where it listens; nowhere if it serves nothing, or does not yet.
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.address.get().map(|(address, _)| *address)
    }

    /// Whether it takes calls: it has started, does not stop, and no critical check fails.
    pub fn is_ready(&self) -> bool {
        self.0.health.readiness().is_ready()
    }

    /// What health checks of gRPC are told. Set a service of it to take that out of rotation for a while.
    pub fn readiness(&self) -> &Readiness {
        self.0.health.readiness()
    }

    /// The descriptions of the services it serves, by the name they are listed under.
    pub fn services(&self) -> impl Iterator<Item = (&str, Description)> {
        self.0.server.services().iter().map(|(name, service)| (&**name, service.desc().description()))
    }

    pub(super) fn config(&self) -> &Config<Settings> {
        &self.0.settings
    }

    pub(super) fn server(&self) -> &Arc<Server> {
        &self.0.server
    }

    pub(super) fn plugs(&self) -> &OpenPlugs {
        &self.0.plugs
    }

    pub(super) fn health(&self) -> &Health {
        &self.0.health
    }

    pub(super) fn listens_at(&self, address: SocketAddr, scheme: &'static str) {
        let _ = self.0.address.set((address, scheme));
    }

    /// The URL it is reached at.
    pub(super) fn url(&self) -> Option<String> {
        self.0.address.get().map(|(address, scheme)| format!("{scheme}://{address}"))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("address", &self.address()).field("server", &self.0.server).finish()
    }
}

/// A program that runs: it serves, and it can call. It is a [`Handle`] too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use axum::{Router, routing::get};
/// use micro::registry::Registry;
///
/// let routes = Router::new().route("/about", get(async || "a page of our own"));
/// let running = micro::app().registry(Registry::memory()).routes(routes).start().await?;
/// assert!(running.is_ready());
/// println!("http://{}/about", running.address().expect("it listens"));
/// running.stop().await?;
/// # Ok(()) }
/// ```
///
/// Dropping it closes its sockets at once and takes it off the registry in the background; [`stop`](Self::stop) lets calls
/// in flight finish.
pub struct Running {
    handle: Handle,
    hooks: Hooks,
    // Taken off the registry before the port closes, also when dropped: fields are dropped in order.
    listed: Option<Listed>,
    door: Option<Door>,
    /// What its backends serve to other programs.
    host: Host,
    subscribers: Option<Subscribers>,
    /// What they are, for people.
    subscribed: Vec<String>,
    /// What goes on beside, for as long as it runs.
    beside: Vec<Task<()>>,
}

/// The entries in the registry, and the checks they depend on.
pub(super) struct Listed {
    pub(super) listing: Listing,
    pub(super) checking: Option<Task<()>>,
}

/// The port, while it is served.
pub(super) struct Door {
    pub(super) serving: Task<Drained>,
}

impl Running {
    pub(super) fn new(handle: Handle, host: Host, hooks: Hooks) -> Self {
        Running {
            handle,
            hooks,
            listed: None,
            door: None,
            host,
            subscribers: None,
            subscribed: Vec::new(),
            beside: Vec::new(),
        }
    }

    pub(super) fn open(&mut self, door: Door, listed: Listed) {
        (self.door, self.listed) = (Some(door), Some(listed));
    }

    pub(super) fn subscribed(&mut self, subscribers: Subscribers, described: Vec<String>) {
        (self.subscribers, self.subscribed) = (Some(subscribers), described);
    }

    /// What it subscribes to, for people.
    pub(super) fn subscriptions(&self) -> &[String] {
        &self.subscribed
    }

    pub(super) fn keep(&mut self, task: Task<()>) {
        self.beside.push(task);
    }

    /// What the app has, for keeping beside it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops it so that no call and no event is lost: not ready, off the registry, then no new connections and no new events,
    /// then what is in flight finishes, for at most [`Settings::shutdown_timeout`].
    ///
    /// Dropping the future closes what is still open.
    ///
    /// # Errors
    ///
    /// [`Code::DeadlineExceeded`] when calls or events did not finish in time and were cut off; else what the first hook
    /// failed with.
    pub async fn stop(mut self) -> Result<()> {
        let hooks = std::mem::take(&mut self.hooks);
        let before = hooks::run_all(hooks.before_stop, &self.handle).await;
        let drained = stop::run(Stop {
            app: self.handle(),
            listed: self.listed.take(),
            door: self.door.take(),
            host: self.host.clone(),
            subscribers: self.subscribers.take(),
            until: None,
        })
        .await;
        let after = hooks::run_all(hooks.after_stop, &self.handle).await;
        drained.and(before).and(after)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.health().lifecycle().advance(State::Stopped);
        // Their clients are held by handlers that the server holds, so they do not end by themselves.
        self.host.all().iter().for_each(|hosted| hosted.close());
    }
}

impl Deref for Running {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Running").field(&self.handle).finish()
    }
}

/// Runs an app until a signal, or until `until` completes.
pub(super) async fn run(app: App, until: impl Future<Output = ()>) -> Result<()> {
    let mut signals = Signals::new()?;
    let mut app = app;
    app.sources.logs = true;
    // A signal during a slow start-up ends it: dropping the future undoes what was done.
    let running = tokio::select! {
        started = app.start() => match started {
            Ok(running) => running,
            Err(error) if Answered::is_source_of(&error) => return Ok(()),
            Err(error) => return Err(error),
        },
        () = signals.next() => return Ok(()),
    };
    tokio::select! {
        () = signals.next() => {}
        () = until => {}
    }
    tracing::info!("stopping: calls in flight finish; a second signal ends them");
    tokio::select! {
        stopped = running.stop() => stopped,
        () = signals.next() => Err(Error::new(Code::Cancelled, "a second signal ended the calls in flight")),
    }
}
