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
/// Nodes and times to live have been checked ([`Node::check`], and never zero) before a backend sees them. Dropping a
/// returned future may leave its effect done or not done, never half done.
///
/// [`Memory`](super::Memory) is the reference.
pub trait Backend: Debug + Send + Sync + 'static {
    /// The backend's name, for errors and banners: `memory`, `etcd://10.0.0.1:2379`. Without secrets.
    fn name(&self) -> String;

    /// Lists `node` for `ttl` from now. Replaces what was listed under its service and id, and renews it by that.
    ///
    /// An entry that is not renewed within `ttl` disappears (a backend whose clock is coarse may take somewhat longer) and
    /// is told to watches as deleted.
    ///
    /// # Errors
    ///
    /// A code a caller can act on; [`Code::Unavailable`](crate::Code::Unavailable) when trying again later may help.
    fn register(&self, node: &Node, ttl: Duration) -> impl Future<Output = Result<()>> + Send;

    /// Takes the node with this service and id off the list; fine if it is not on it.
    ///
    /// # Errors
    ///
    /// As [`Backend::register`].
    fn deregister(&self, node: &Node) -> impl Future<Output = Result<()>> + Send;

    /// The nodes of `service`, in any order; none is no error.
    ///
    /// # Errors
    ///
    /// As [`Backend::register`].
    fn nodes(&self, service: &str) -> impl Future<Output = Result<Vec<Node>>> + Send;

    /// The names of the services that have a node, in any order.
    ///
    /// # Errors
    ///
    /// As [`Backend::register`].
    fn services(&self) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// The changes of one service, or of all.
    ///
    /// The watch is handed out with its snapshot fed: nodes that are listed now are in it, and no later change is missed.
    /// [`Watch::channel`] makes one.
    ///
    /// # Errors
    ///
    /// As [`Backend::register`].
    fn watch(&self, service: Option<&str>) -> impl Future<Output = Result<Watch>> + Send;
}

/// [`Backend`] with its type erased, as the handle holds it.
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

/// Waits for a backend's answer, at most for `timeout`. The error names the backend and the operation.
pub(super) async fn ask<T>(
    backend: &dyn DynBackend,
    operation: &'static str,
    timeout: Duration,
    question: impl Future<Output = Result<T>>,
) -> Result<T> {
    let answer = clock::timeout(timeout, question).await.unwrap_or_else(|_| {
        Err(Error::deadline_exceeded(format!("registry `{}` did not answer within {timeout:?}", backend.name())))
    });
    answer.map_err(|error| match error.operation() {
        Some(_) => error.with("registry", backend.name()),
        None => error.with_operation(operation).with("registry", backend.name()),
    })
}
