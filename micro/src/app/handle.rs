use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use super::Settings;
use super::health::Health;
use super::inject::{Inject, Resolver};
use super::plugs::OpenPlugs;
use crate::broker::{Broker, Brokers};
use crate::client::Client;
use crate::config::{Config, Configuration, Snapshot};
use crate::debug::Readiness;
use crate::errors::Result;
use crate::registry::Registry;
use crate::rpc::Description;
use crate::server::Server;
use crate::util::lifecycle::Lifecycle;

/// Handle of a running app: its clients, its handles, and provided values. Cloning is cheap and gives the same app.
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

/// Parts of a handle.
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
    /// [`NotFound`](crate::Code::NotFound) when nothing provides it.
    pub fn get<T: Inject>(&self) -> Result<T> {
        self.0.resolver.get()
    }

    /// Returns micro's own settings as they are now.
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

    /// Returns the registry in which the app registers, and finds other services.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Returns the default broker.
    pub fn broker(&self) -> &Broker {
        self.0.brokers.default_instance()
    }

    /// All brokers it has.
    pub fn brokers(&self) -> &Brokers {
        &self.0.brokers
    }

    /// Returns the address the app listens on; `None` if it serves nothing, or does not listen yet.
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.address.get().map(|(address, _)| *address)
    }

    /// Returns `true` if the app takes calls: it has started, does not stop, and no critical check fails.
    pub fn is_ready(&self) -> bool {
        self.0.health.readiness().is_ready()
    }

    /// Returns the readiness that gRPC health checks report. Set a service of it to take that service out of rotation for a
    /// while.
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
