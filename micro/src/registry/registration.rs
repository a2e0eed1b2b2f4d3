use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Node;
use super::backend::{ANSWER_TIMEOUT, DynBackend, ask};
use crate::errors::{Error, Result};
use crate::util::backoff::Backoff;
use crate::util::lock::lock;
use crate::util::{clock, random, spawn};

/// Lifetime of a registration without renewal, and interval of renewals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseOptions {
    /// Lifetime of the entry without renewal. Default: 30 s.
    pub ttl: Duration,
    /// Interval between two renewals; shorter than `ttl`. Default: 10 s.
    pub interval: Duration,
}

impl Default for LeaseOptions {
    fn default() -> Self {
        LeaseOptions::new(Duration::from_secs(30))
    }
}

impl LeaseOptions {
    /// Creates options with this time to live and a renewal interval of a third of `ttl`.
    pub fn new(ttl: Duration) -> Self {
        LeaseOptions { ttl, interval: ttl / 3 }
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.interval.is_zero() || self.interval >= self.ttl {
            return Err(Error::invalid_argument(format!(
                "the renewal interval {:?} must be above zero and below the time to live {:?}",
                self.interval, self.ttl
            )));
        }
        Ok(())
    }
}

/// A guard that keeps a node registered until it is dropped.
///
/// The entry is renewed at the interval of its [`LeaseOptions`]. A failed renewal is retried with growing delays, without a limit
/// on the number of attempts; a renewal that finds the entry missing registers it again.
///
/// Dropping the registration deregisters the node in the background, on a best-effort basis; [`Registration::deregister`] waits
/// for the result and returns it. If neither happens, because the process crashes, the entry remains for at most its `ttl`.
#[must_use = "dropping the registration deregisters the node"]
pub struct Registration {
    node: Arc<Mutex<Arc<Node>>>,
    orders: mpsc::Sender<Order>,
}

enum Order {
    Update(Box<Node>, oneshot::Sender<Result<()>>),
    Deregister(oneshot::Sender<Result<()>>),
}

impl Registration {
    /// Starts renewing a node that has just been registered.
    pub(super) fn keep(backend: Arc<dyn DynBackend>, node: Node, ttl: LeaseOptions) -> Self {
        let (orders, inbox) = mpsc::channel(1);
        let node = Arc::new(Mutex::new(Arc::new(node)));
        // The registration owns the task: the task ends after `orders` is dropped, and must outlive that by the time a
        // deregistration takes. Every wait in the task has a deadline.
        spawn::spawn(Heartbeat { backend, node: node.clone(), ttl }.run(inbox)).detach();
        Registration { node, orders }
    }

    /// Returns the node as registered.
    pub fn node(&self) -> Arc<Node> {
        lock(&self.node).clone()
    }

    /// Replaces the node's description: new metadata, another version, more endpoints.
    ///
    /// After an error the old description stays registered and is renewed. Dropping the future does not undo an update in
    /// progress.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) if the service or the id differs, or the node is invalid;
    /// otherwise the backend's error.
    pub async fn update(&self, node: Node) -> Result<()> {
        node.check().map_err(|error| error.with_operation("registry.update"))?;
        let listed = self.node();
        if (&listed.service, &listed.id) != (&node.service, &node.id) {
            return Err(Error::invalid_argument(format!(
                "node `{}` of `{}` cannot become node `{}` of `{}`; register that one",
                listed.id, listed.service, node.id, node.service
            ))
            .with_operation("registry.update"));
        }
        self.order(|reply| Order::Update(Box::new(node), reply)).await
    }

    /// Deregisters the node, and returns once that is done.
    ///
    /// Dropping the future does not stop the removal.
    ///
    /// # Errors
    ///
    /// The backend's error, usually [`Code::Unavailable`](crate::Code::Unavailable); the entry then disappears when its `ttl` has
    /// passed.
    pub async fn deregister(self) -> Result<()> {
        self.order(Order::Deregister).await
    }

    async fn order(&self, order: impl FnOnce(oneshot::Sender<Result<()>>) -> Order) -> Result<()> {
        let ended = || Error::unavailable("the runtime that kept the registration alive has ended");
        let (reply, answer) = oneshot::channel();
        self.orders.send(order(reply)).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registration").field(&self.node()).finish()
    }
}

// A single task performs all operations on the entry, so a renewal cannot overtake the deregistration and bring the entry back.
struct Heartbeat {
    backend: Arc<dyn DynBackend>,
    node: Arc<Mutex<Arc<Node>>>,
    ttl: LeaseOptions,
}

impl Heartbeat {
    async fn run(self, mut inbox: mpsc::Receiver<Order>) {
        let mut backoff = retries();
        let mut pause = self.interval();
        loop {
            match clock::timeout(pause, inbox.recv()).await {
                Err(_time_to_renew) => {
                    let renewed = self.renew(backoff.failures()).await;
                    pause = self.pause(renewed, &mut backoff);
                }
                Ok(Some(Order::Update(node, reply))) => {
                    let done = self.update(*node).await;
                    pause = self.pause(done.is_ok(), &mut backoff);
                    let _ = reply.send(done);
                }
                Ok(Some(Order::Deregister(reply))) => {
                    let _ = reply.send(self.deregister().await);
                    return;
                }
                Ok(None) => {
                    if let Err(error) = self.deregister().await {
                        let node = self.node();
                        tracing::debug!(service = node.service, node = node.id, %error, "could not deregister node");
                    }
                    return;
                }
            }
        }
    }

    /// Renews the entry. Returns `true` on success.
    async fn renew(&self, failures: u32) -> bool {
        let node = self.node();
        let Err(error) = self.register(&node).await else {
            if failures > 0 {
                tracing::info!(service = node.service, node = node.id, "node is registered again");
            }
            return true;
        };
        // One warning per outage for the operator, the rest for developers.
        if failures == 0 {
            tracing::warn!(service = node.service, node = node.id, %error, "node could not be renewed");
        } else {
            tracing::debug!(service = node.service, node = node.id, %error, "node still could not be renewed");
        }
        false
    }

    async fn update(&self, node: Node) -> Result<()> {
        self.register(&node).await?;
        *lock(&self.node) = Arc::new(node);
        Ok(())
    }

    async fn register(&self, node: &Node) -> Result<()> {
        let patience = self.ttl.ttl.min(ANSWER_TIMEOUT);
        ask(&*self.backend, "registry.register", patience, self.backend.register(node, self.ttl.ttl)).await
    }

    async fn deregister(&self) -> Result<()> {
        let node = self.node();
        ask(&*self.backend, "registry.deregister", ANSWER_TIMEOUT, self.backend.deregister(&node)).await
    }

    fn node(&self) -> Arc<Node> {
        lock(&self.node).clone()
    }

    fn pause(&self, done: bool, backoff: &mut Backoff) -> Duration {
        if done {
            backoff.reset();
            return self.interval();
        }
        backoff.next_delay().min(self.interval())
    }

    // A little early, so that nodes started together do not renew together.
    fn interval(&self) -> Duration {
        self.ttl.interval.mul_f64(1.0 - random::fraction() / 8.0)
    }
}

/// Returns the delays between failed attempts.
pub(super) fn retries() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(10))
}
