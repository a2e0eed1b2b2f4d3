use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};

use super::{Node, Watch};
use crate::errors::{Error, Result};
use crate::util::clock;

/// Timeout for a backend's response.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A registry backend: stores nodes and reports changes.
///
/// Nodes and times to live are validated ([`Node::check`], and a TTL is never zero) before they reach a backend. Dropping a
/// returned future may leave its effect done or not done, never half done.
///
/// [`Memory`](super::Memory) is the reference implementation.
pub trait Backend: Debug + Send + Sync + 'static {
    /// Returns the backend's name for errors and banners, without secrets: `memory`, `etcd://10.0.0.1:2379`.
    fn name(&self) -> String;

    /// Registers `node` for `ttl` from now. Replaces the entry with the same service and id, which also serves as renewal.
    ///
    /// An entry that is not renewed within `ttl` disappears (a backend with a coarse clock may take somewhat longer) and is
    /// reported to watches as deleted.
    ///
    /// # Errors
    ///
    /// A code a caller can act on; [`Code::Unavailable`](crate::Code::Unavailable) if a later attempt may succeed.
    fn register(&self, node: &Node, ttl: Duration) -> impl Future<Output = Result<()>> + Send;

    /// Deregisters the node with this service and id. Succeeds if the node is not registered.
    ///
    /// # Errors
    ///
    /// As [`Backend::register`].
    fn deregister(&self, node: &Node) -> impl Future<Output = Result<()>> + Send;

    /// Returns the nodes of `service`, in any order. A service without nodes yields an empty list, not an error.
    ///
    /// # Errors
    ///
    /// As [`Backend::register`].
    fn nodes(&self, service: &str) -> impl Future<Output = Result<Vec<Node>>> + Send;

    /// Returns the names of the services with at least one node, in any order.
    ///
    /// # Errors
    ///
    /// As [`Backend::register`].
    fn services(&self) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// Watches one service, or all services if `None`.
    ///
    /// The returned watch already contains its snapshot: all nodes registered now are in it, and no later change is missed.
    /// [`Watch::channel`] creates a watch.
    ///
    /// # Errors
    ///
    /// As [`Backend::register`].
    fn watch(&self, service: Option<&str>) -> impl Future<Output = Result<Watch>> + Send;
}

/// Type-erased [`Backend`], as held by the handle.
pub(super) trait DynBackend: Debug + Send + Sync + 'static {
    fn name(&self) -> String;
    fn register<'a>(&'a self, node: &'a Node, ttl: Duration) -> BoxFuture<'a, Result<()>>;
    fn deregister<'a>(&'a self, node: &'a Node) -> BoxFuture<'a, Result<()>>;
    fn nodes<'a>(&'a self, service: &'a str) -> BoxFuture<'a, Result<Vec<Node>>>;
    fn services(&self) -> BoxFuture<'_, Result<Vec<String>>>;
    fn watch<'a>(&'a self, service: Option<&'a str>) -> BoxFuture<'a, Result<Watch>>;
}

impl<B: Backend> DynBackend for B {
    fn name(&self) -> String {
        Backend::name(self)
    }

    fn register<'a>(&'a self, node: &'a Node, ttl: Duration) -> BoxFuture<'a, Result<()>> {
        Backend::register(self, node, ttl).boxed()
    }

    fn deregister<'a>(&'a self, node: &'a Node) -> BoxFuture<'a, Result<()>> {
        Backend::deregister(self, node).boxed()
    }

    fn nodes<'a>(&'a self, service: &'a str) -> BoxFuture<'a, Result<Vec<Node>>> {
        Backend::nodes(self, service).boxed()
    }

    fn services(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Backend::services(self).boxed()
    }

    fn watch<'a>(&'a self, service: Option<&'a str>) -> BoxFuture<'a, Result<Watch>> {
        Backend::watch(self, service).boxed()
    }
}

/// Waits for a backend's response, at most for `timeout`. The error names the backend and the operation.
pub(super) async fn ask<T>(
    backend: &dyn DynBackend,
    operation: &'static str,
    timeout: Duration,
    question: impl Future<Output = Result<T>>,
) -> Result<T> {
    let answer = clock::timeout(timeout, question).await.unwrap_or_else(|_| {
        Err(Error::deadline_exceeded(format!("registry `{}` did not respond within {timeout:?}", backend.name())))
    });
    answer.map_err(|error| match error.operation() {
        Some(_) => error.with("registry", backend.name()),
        None => error.with_operation(operation).with("registry", backend.name()),
    })
}
