//! Service discovery: registration of nodes, lookup by service name, and notification of changes.
//!
//! A service registers a [`Node`] when it starts: its address, its version, the methods it serves. A client asks the registry for
//! the nodes of that service. An entry has a limited lifetime and is renewed while its process runs, so the entry of a crashed
//! process expires.
//!
//! Callers hold a [`Registry`], a small cloneable handle:
//!
//! - [`Registry::register`] registers a node and keeps it registered until the [`Registration`] is dropped;
//! - [`Registry::follow`] returns a [`NodeView`], the current nodes of one service, readable without a request; clients use this;
//! - [`Registry::nodes`] and [`Registry::services`] query the backend once;
//! - [`Registry::watch`] returns a stream of [`Change`]s.
//!
//! A backend implements [`Backend`]: register a node for a limited time, deregister it, list the nodes, and feed a [`Watch`].
//! Everything else is implemented once, on top of that. An entry that is not renewed in time must disappear from results *and* be
//! reported as deleted. [`testing::suite!`](macro@crate::testing::suite) generates a test for each of these requirements.
//!
//! Two backends are always available: [`Memory`], the reference, for tests and single-process programs, and [`Local`], for all
//! processes of a user on one machine. Others are enabled by features or provided by other crates, and are selected by the
//! [scheme](crate::scheme!) of a URL.

mod backend;
mod change;
mod local;
mod memory;
mod node;
mod node_view;
mod registration;
mod watch;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use crate::errors::{Error, Result};
use crate::plug::{self, Connectable, Plug};
use crate::util::lock::lock;

pub use backend::Backend;
pub use change::Change;
pub use local::Local;
pub use memory::Memory;
pub use node::Node;
pub use node_view::NodeView;
pub use registration::{LeaseOptions, Registration};
pub use watch::{Feed, Watch};

use backend::{ANSWER_TIMEOUT, DynBackend, ask};
use node_view::ViewState;

/// A cloneable handle to a registry, which knows the live nodes of each service.
///
/// Clones share the backend and one cached view for each followed service.
///
/// Every query waits at most 10 s for the backend's response, then fails with
/// [`Code::DeadlineExceeded`](crate::Code::DeadlineExceeded). Dropping a query's future stops the wait; an operation already in
/// progress in the backend may still complete.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use micro::registry::{Node, Registry, LeaseOptions};
///
/// let registry = Registry::memory();
/// let greeter = registry.register(Node::new("greeter", "10.0.0.7:8080"), LeaseOptions::default()).await?;
///
/// let nodes = registry.nodes("greeter").await?;
/// assert_eq!(nodes[0].address, "10.0.0.7:8080");
///
/// greeter.deregister().await?;
/// assert!(registry.nodes("greeter").await?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Registry {
    backend: Arc<dyn DynBackend>,
    views: Arc<Mutex<HashMap<String, Weak<ViewState>>>>,
}

impl Connectable for Registry {
    const KIND: &'static str = "registry";
}

impl Plug for Registry {
    const NAMES: &'static str = "registries";
    const DEFAULT: &'static str = "auto";
}

inventory::submit! { plug::PlugRegistration::new::<Registry>() }

impl Registry {
    /// Creates a handle for `backend`.
    pub fn new(backend: impl Backend) -> Self {
        Registry { backend: Arc::new(backend), views: Arc::default() }
    }

    /// Creates a separate registry in this process's memory, shared only by the clones of this handle.
    pub fn memory() -> Self {
        Self::new(Memory::new())
    }

    /// Connects to the registry a URL names: `memory`, `local`, `local:///run/shop/registry`, or a scheme that a backend crate
    /// adds.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) if the scheme is unknown (the message lists the known ones) or the
    /// backend cannot parse the rest of the URL; otherwise the backend's error, usually
    /// [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn connect(url: &str) -> Result<Self> {
        plug::connect(url).await.map_err(|error| error.with_operation("registry.connect"))
    }

    /// Returns the backend's display name, such as `memory`.
    pub fn name(&self) -> String {
        self.backend.name()
    }

    /// Registers `node` and keeps it registered until the returned registration is dropped.
    ///
    /// Returns once the node is registered. A node with the same service and id is replaced.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) for an invalid node or invalid [`LeaseOptions`]; otherwise the
    /// backend's error. Nothing is retried before the first success.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn register(&self, node: Node, ttl: LeaseOptions) -> Result<Registration> {
        ttl.check().map_err(|error| error.with_operation("registry.register"))?;
        self.register_once(&node, ttl.ttl).await?;
        Ok(Registration::keep(self.backend.clone(), node, ttl))
    }

    /// Registers `node` for `ttl`, once, without renewal.
    ///
    /// For programs with their own heartbeat; others use [`Registry::register`].
    ///
    /// # Errors
    ///
    /// As [`Registry::register`].
    pub async fn register_once(&self, node: &Node, ttl: Duration) -> Result<()> {
        if ttl.is_zero() {
            return Err(Error::invalid_argument("the time to live is zero").with_operation("registry.register"));
        }
        node.check().map_err(|error| error.with_operation("registry.register"))?;
        self.within("registry.register", self.backend.register(node, ttl)).await
    }

    /// Deregisters the node with this service and id. Succeeds if the node is not registered.
    ///
    /// A process that still renews the node registers it again.
    ///
    /// # Errors
    ///
    /// The backend's error, usually [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn deregister(&self, node: &Node) -> Result<()> {
        self.within("registry.deregister", self.backend.deregister(node)).await
    }

    /// Returns the registered nodes of `service`, sorted by id. A service without nodes yields an empty list, not an error.
    ///
    /// # Errors
    ///
    /// The backend's error, usually [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        let mut nodes = self.within("registry.nodes", self.backend.nodes(service)).await?;
        nodes.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(nodes)
    }

    /// Returns the names of the services with at least one node, sorted.
    ///
    /// # Errors
    ///
    /// The backend's error, usually [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn services(&self) -> Result<Vec<String>> {
        let mut services = self.within("registry.services", self.backend.services()).await?;
        services.sort();
        services.dedup();
        Ok(services)
    }

    /// Watches one service, or all services if `None`. The watch starts with the registered nodes.
    ///
    /// # Errors
    ///
    /// The backend's error, usually [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        self.within("registry.watch", self.backend.watch(service)).await
    }

    /// Returns a view of the nodes of `service` that is kept up to date in the background.
    ///
    /// All followers of one service on this handle and its clones share one watch, which ends when the last follower is dropped.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn follow(&self, service: &str) -> NodeView {
        let mut views = lock(&self.views);
        if let Some(view) = views.get(service).and_then(Weak::upgrade).filter(|view| view.is_alive()) {
            return NodeView::new(view);
        }
        views.retain(|_, view| view.strong_count() > 0);
        let view = ViewState::open(self.backend.clone(), service);
        views.insert(service.to_owned(), Arc::downgrade(&view));
        NodeView::new(view)
    }

    async fn within<T>(&self, operation: &'static str, question: impl Future<Output = Result<T>>) -> Result<T> {
        ask(&*self.backend, operation, ANSWER_TIMEOUT, question).await
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.backend).finish()
    }
}

#[cfg(test)]
mod tests;
