use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::backend::{ANSWER_TIMEOUT, DynBackend, ask};
use super::registration::retries;
use super::{Change, Node, Watch};
use crate::errors::{Error, Result};
use crate::util::clock;
use crate::util::lock::lock;
use crate::util::spawn::{self, Task};

/// The current nodes of one service, kept up to date in the background. Clients read a view before each call.
///
/// Reading a view sends no request to the registry and copies no node. If the registry fails, the last view stays in use and is
/// corrected once the registry responds again; [`NodeView::last_error`] returns the reason the view may be outdated.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use micro::registry::{Node, Registry, LeaseOptions};
///
/// let registry = Registry::memory();
/// let mut greeters = registry.follow("greeter");
/// greeters.ready().await;
/// assert!(greeters.nodes().is_empty());
///
/// let _listed = registry.register(Node::new("greeter", "10.0.0.7:8080"), LeaseOptions::default()).await?;
/// greeters.changed().await;
/// assert_eq!(greeters.nodes()[0].address, "10.0.0.7:8080");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct NodeView {
    seen: watch::Receiver<SeenNodes>,
    last: Arc<[Arc<Node>]>,
    view: Arc<ViewState>,
}

/// State shared by all followers of a service: the latest view, and the task that updates it.
pub(super) struct ViewState {
    service: String,
    seen: watch::Sender<SeenNodes>,
    generation: Arc<AtomicU64>,
    last_error: Arc<Mutex<Option<Error>>>,
    task: Task<()>,
}

#[derive(Clone)]
struct SeenNodes {
    nodes: Arc<[Arc<Node>]>,
    first: First,
}

#[derive(Clone, Copy, PartialEq)]
enum First {
    Awaited,
    Seen,
}

impl NodeView {
    pub(super) fn new(view: Arc<ViewState>) -> Self {
        let seen = view.seen.subscribe();
        let last = seen.borrow().nodes.clone();
        NodeView { seen, last, view }
    }

    /// Returns the name of the followed service.
    pub fn service(&self) -> &str {
        &self.view.service
    }

    /// Returns the nodes, sorted by id; empty before the registry's first response. Cheap.
    pub fn nodes(&self) -> Arc<[Arc<Node>]> {
        self.seen.borrow().nodes.clone()
    }

    /// Returns a number that grows with every change of the nodes; zero until the registry has responded once. Cheaper than
    /// reading the nodes, for values derived from them.
    pub fn generation(&self) -> u64 {
        self.view.generation.load(Ordering::Acquire)
    }

    /// Returns `true` once the registry has responded.
    pub fn is_ready(&self) -> bool {
        self.seen.borrow().first == First::Seen
    }

    /// Waits until the registry has responded once. There is no timeout while it cannot: set a deadline.
    pub async fn ready(&self) {
        let mut seen = self.seen.clone();
        // Cannot fail: `self.view` holds the sender.
        let _ = seen.wait_for(|seen| seen.first == First::Seen).await;
    }

    /// Waits until the nodes differ from those at the last call, or from those at the creation of the view.
    ///
    /// Dropping the future loses no change.
    pub async fn changed(&mut self) {
        let other = self.seen.wait_for(|seen| !Arc::ptr_eq(&seen.nodes, &self.last)).await;
        if let Ok(seen) = other {
            self.last = seen.nodes.clone();
        }
    }

    /// Returns `true` while the view is kept up to date, which ends with the runtime it was started in.
    pub(crate) fn is_alive(&self) -> bool {
        self.view.is_alive()
    }

    /// Returns the registry's last failure, until the registry responds again; the view may be outdated meanwhile.
    pub fn last_error(&self) -> Option<Error> {
        lock(&self.view.last_error).clone()
    }
}

impl fmt::Debug for NodeView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeView").field("service", &self.view.service).field("nodes", &self.nodes().len()).finish()
    }
}

impl ViewState {
    pub(super) fn open(backend: Arc<dyn DynBackend>, service: &str) -> Arc<Self> {
        let (seen, _) = watch::channel(SeenNodes { nodes: Arc::default(), first: First::Awaited });
        let (generation, last_error) = (Arc::default(), Arc::default());
        let follower = Follower {
            backend,
            service: service.to_owned(),
            seen: seen.clone(),
            generation: Arc::clone(&generation),
            last_error: Arc::clone(&last_error),
        };
        Arc::new(ViewState {
            service: service.to_owned(),
            seen,
            generation,
            last_error,
            task: spawn::spawn(follower.run()),
        })
    }

    /// Returns `true` while the task runs, which ends with the runtime it was spawned in.
    pub(super) fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }
}

struct Follower {
    backend: Arc<dyn DynBackend>,
    service: String,
    seen: watch::Sender<SeenNodes>,
    generation: Arc<AtomicU64>,
    last_error: Arc<Mutex<Option<Error>>>,
}

/// Minimum duration of a watch that resets the retry delay.
const STABLE_AFTER: Duration = Duration::from_secs(5);

impl Follower {
    async fn run(self) {
        let mut backoff = retries();
        loop {
            let since = clock::now();
            let error = match self.watch().await {
                Ok(watch) => self.keep_up(watch).await,
                Err(error) => error,
            };
            if since.elapsed() > STABLE_AFTER && self.is_ready() {
                backoff.reset();
            }
            self.note(error, backoff.failures());
            clock::sleep(backoff.next_delay()).await;
        }
    }

    async fn watch(&self) -> Result<Watch> {
        ask(&*self.backend, "registry.watch", ANSWER_TIMEOUT, self.backend.watch(Some(&self.service))).await
    }

    // Reads one watch to its end. Its snapshot replaces the known nodes in one step.
    async fn keep_up(&self, mut watch: Watch) -> Error {
        let mut nodes = BTreeMap::new();
        let mut next = watch.try_next();
        loop {
            while let Some(change) = next {
                match change {
                    Ok(change) => apply(&mut nodes, change),
                    Err(error) => return error,
                }
                next = watch.try_next();
            }
            self.show(&nodes);
            next = watch.next().await;
            if next.is_none() {
                return Error::unavailable(format!("registry `{}` ended the watch", self.backend.name()));
            }
        }
    }

    fn show(&self, nodes: &BTreeMap<String, Arc<Node>>) {
        *lock(&self.last_error) = None;
        self.seen.send_if_modified(|seen| {
            let same = seen.nodes.iter().eq(nodes.values());
            if !same {
                seen.nodes = nodes.values().cloned().collect();
            }
            let first = std::mem::replace(&mut seen.first, First::Seen) == First::Awaited;
            // After the nodes: a reader of the new number reads the new nodes.
            self.generation.fetch_add(u64::from(first || !same), Ordering::Release);
            first || !same
        });
    }

    fn note(&self, error: Error, failures: u32) {
        let service = self.service.as_str();
        if failures == 0 {
            tracing::warn!(service, %error, "cannot follow the service; its last known nodes stay in use");
        } else {
            tracing::debug!(service, %error, "still cannot follow the service");
        }
        *lock(&self.last_error) = Some(error);
    }

    fn is_ready(&self) -> bool {
        self.seen.borrow().first == First::Seen
    }
}

fn apply(nodes: &mut BTreeMap<String, Arc<Node>>, change: Change) {
    match change {
        Change::Created(node) | Change::Updated(node) => nodes.insert(node.id.clone(), Arc::new(node)),
        Change::Deleted(node) => nodes.remove(&node.id),
    };
}
