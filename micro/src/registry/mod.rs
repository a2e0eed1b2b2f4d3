//! Finding the live nodes of a service by name, and hearing about changes.
//!
//! A service that starts registers a [`Node`]: its address, its version, the methods it serves. A client
//! asks the registry for the nodes of that name. An entry lives for a limited time and is renewed while its process does,
//! so a process that dies without a word is forgotten.
//!
//! Callers hold a [`Registry`], a small cloneable handle. On it,
//!
//! - [`Registry::register`] lists a node and keeps it listed, until the [`Registration`] is dropped;
//! - [`Registry::follow`] gives a [`NodeView`], the nodes of one service as they are now, without a request: what
//!   clients use;
//! - [`Registry::nodes`] and [`Registry::services`] ask once;
//! - [`Registry::watch`] tells [`Change`] after [`Change`].
//!
//! A backend implements [`Backend`]: list a node for a while, take it off, answer who is there, and feed a [`Watch`]. All
//! else is built on that here, once. An entry that is not renewed in time must disappear from answers *and* be told as
//! deleted. [`testing::suite!`](macro@crate::testing::suite) makes a test of each promise.
//!
//! Two backends are always there: [`Memory`], the reference, for tests and programs of one process, and [`Local`], for all
//! processes of a user on one machine. Others come with features or from outside crates, and are found by the [scheme](crate::scheme!)
//! of a URL.

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

/// The handle callers hold: which nodes of a service are alive.
///
/// Clones share everything: one backend, one cached view for each service that is followed.
///
/// Every question waits for the backend's answer for ten seconds at most, then fails with
/// [`Code::DeadlineExceeded`](crate::Code::DeadlineExceeded). Dropping a question's future gives up waiting; what was
/// under way in the backend may still happen.
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
    /// The handle of a backend.
    pub fn new(backend: impl Backend) -> Self {
        Registry { backend: Arc::new(backend), views: Arc::default() }
    }

    /// A registry of its own in this process's memory, shared by the clones of this handle only.
    pub fn memory() -> Self {
        Self::new(Memory::new())
    }

    /// The registry a URL names: `memory`, `local`, `local:///run/shop/registry`, or what a backend crate added.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) when no backend knows the scheme (the message lists those
    /// there are) or the backend cannot read the rest; else what the backend says, mostly
    /// [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn connect(url: &str) -> Result<Self> {
        plug::connect(url).await.map_err(|error| error.with_operation("registry.connect"))
    }

    /// The backend's name, for people: `memory`.
    pub fn name(&self) -> String {
        self.backend.name()
    }

    /// Lists `node`, and keeps it listed until the returned registration is dropped.
    ///
    /// Returns once the node is listed. A node with the same service and id is replaced.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) for a node or a [`LeaseOptions`] no registry can work with; else
    /// what the backend says. Nothing is retried before the first success.
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
    /// For programs that have their own heartbeat; others take [`Registry::register`].
    ///
    /// # Errors
    ///
    /// As [`Registry::register`].
    pub async fn register_once(&self, node: &Node, ttl: Duration) -> Result<()> {
        if ttl.is_zero() {
            return Err(Error::invalid_argument("a time to live of zero").with_operation("registry.register"));
        }
        node.check().map_err(|error| error.with_operation("registry.register"))?;
        self.within("registry.register", self.backend.register(node, ttl)).await
    }

    /// Takes the node with this service and id off the list. Fine if it is not on it.
    ///
    /// A process that still renews it registers it again.
    ///
    /// # Errors
    ///
    /// What the backend says, mostly [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn deregister(&self, node: &Node) -> Result<()> {
        self.within("registry.deregister", self.backend.deregister(node)).await
    }

    /// The nodes of `service` that are listed now, by id; none is no error.
    ///
    /// # Errors
    ///
    /// What the backend says, mostly [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        let mut nodes = self.within("registry.nodes", self.backend.nodes(service)).await?;
        nodes.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(nodes)
    }

    /// The names of the services that have a node now, sorted.
    ///
    /// # Errors
    ///
    /// What the backend says, mostly [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn services(&self) -> Result<Vec<String>> {
        let mut services = self.within("registry.services", self.backend.services()).await?;
        services.sort();
        services.dedup();
        Ok(services)
    }

    /// The changes of one service, or of all, beginning with what is there.
    ///
    /// # Errors
    ///
    /// What the backend says, mostly [`Code::Unavailable`](crate::Code::Unavailable).
    pub async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        self.within("registry.watch", self.backend.watch(service)).await
    }

    /// The nodes of `service` as they are, kept up to date in the background.
    ///
    /// All followers of one service on this handle and its clones share one watch, which ends with the last of them.
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
