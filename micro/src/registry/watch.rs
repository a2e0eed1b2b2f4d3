use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::{Change, Node};
use crate::errors::{Error, Result};
use crate::util::lock::lock;

/// A stream of changes of one service, or of all services.
///
/// A watch starts with a snapshot: one [`Change::Created`] for every node registered when the watch was opened. These are ready
/// immediately, so everything [`Watch::try_next`] returns before its first `None` is the snapshot.
///
/// A watch reports the difference between the current state and what it reported before. For a slow reader, changes are merged:
/// several changes of one node are reported as one, and changes that cancel each other out are not reported. So no watch loses a
/// node or keeps a dead one, however slow its reader, and its memory is bounded by the number of watched nodes.
///
/// An error ends the watch: later calls return `None`. To continue, open another watch, which starts with a snapshot again.
/// [`Registry::follow`](super::Registry::follow) does that automatically.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use micro::registry::{Change, Node, Registry, LeaseOptions};
///
/// let registry = Registry::memory();
/// let node = Node::new("greeter", "10.0.0.7:8080");
/// let registration = registry.register(node.clone(), LeaseOptions::default()).await?;
///
/// let mut watch = registry.watch(Some("greeter")).await?;
/// assert_eq!(watch.next().await.transpose()?, Some(Change::Created(node.clone())));
///
/// registration.deregister().await?;
/// assert_eq!(watch.next().await.transpose()?, Some(Change::Deleted(node)));
/// # Ok(()) }
/// ```
#[must_use = "a watch reports changes only when it is polled"]
pub struct Watch {
    inbox: Arc<Mutex<WatchInbox>>,
    owned: Vec<Box<dyn Send + Sync>>,
}

/// The backend's end of a [`Watch`]: it receives the current state, and the watch computes the changes.
///
/// Dropping the feed ends the watch.
pub struct Feed {
    inbox: Arc<Mutex<WatchInbox>>,
}

// The state the reader knows (`told`), and for every node that differs from it the state to report next (`news`), oldest first by
// `order`. News that equals the known state is removed, so both are bounded by the number of nodes.
struct WatchInbox {
    service: Option<String>,
    told: HashMap<WatchKey, Arc<Node>>,
    news: HashMap<WatchKey, News>,
    order: BTreeMap<u64, WatchKey>,
    clock: u64,
    end: End,
    waker: Option<Waker>,
    reader: WatchReader,
}

struct News {
    since: u64,
    node: Option<Arc<Node>>,
}

enum End {
    Open,
    Failed(Error),
    Closed,
}

#[derive(PartialEq)]
enum WatchReader {
    Here,
    Gone,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct WatchKey {
    service: String,
    id: String,
}

impl Watch {
    /// Creates a watch for a backend to return, and the feed that drives it, for one service or for all if `None`.
    ///
    /// The backend feeds the snapshot before it returns the watch.
    pub fn channel(service: Option<&str>) -> (Feed, Watch) {
        let inbox = Arc::new(Mutex::new(WatchInbox {
            service: service.map(str::to_owned),
            told: HashMap::new(),
            news: HashMap::new(),
            order: BTreeMap::new(),
            clock: 0,
            end: End::Open,
            waker: None,
            reader: WatchReader::Here,
        }));
        (Feed { inbox: inbox.clone() }, Watch { inbox, owned: Vec::new() })
    }

    /// Adds a value that is dropped with the watch: the task that feeds it, or a connection.
    pub fn owning(mut self, what: impl Send + Sync + 'static) -> Self {
        self.owned.push(Box::new(what));
        self
    }

    /// Returns the next change, waiting for one if necessary. `None` once the watch has ended.
    ///
    /// Dropping the future loses no change.
    ///
    /// # Errors
    ///
    /// The backend's error, usually [`Code::Unavailable`](crate::Code::Unavailable), once; then the watch has ended.
    pub async fn next(&mut self) -> Option<Result<Change>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Returns the next change if one is ready; `None` if there is none yet or the watch has ended.
    ///
    /// # Errors
    ///
    /// As [`Watch::next`].
    pub fn try_next(&mut self) -> Option<Result<Change>> {
        let mut inbox = lock(&self.inbox);
        inbox.pop().map(Ok).or_else(|| inbox.take_failure().map(Err))
    }
}

impl Stream for Watch {
    type Item = Result<Change>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inbox = lock(&self.inbox);
        if let Some(change) = inbox.pop() {
            return Poll::Ready(Some(Ok(change)));
        }
        if let Some(error) = inbox.take_failure() {
            return Poll::Ready(Some(Err(error)));
        }
        if matches!(inbox.end, End::Closed) {
            return Poll::Ready(None);
        }
        inbox.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&self.inbox).reader = WatchReader::Gone;
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inbox = lock(&self.inbox);
        f.debug_struct("Watch").field("service", &inbox.service).field("waiting", &inbox.news.len()).finish()
    }
}

impl Feed {
    /// Records that `node` is registered with this description. Does nothing if the reader knows that, or if the node belongs to
    /// another service.
    pub fn put(&self, node: impl Into<Arc<Node>>) {
        let node = node.into();
        let waker = lock(&self.inbox).put(node);
        wake(waker);
    }

    /// Records that the node is gone.
    pub fn remove(&self, service: &str, id: &str) {
        let key = WatchKey { service: service.to_owned(), id: id.to_owned() };
        let waker = lock(&self.inbox).remove(key);
        wake(waker);
    }

    /// Records that exactly these nodes are registered.
    pub fn replace(&self, nodes: impl IntoIterator<Item = Arc<Node>>) {
        let waker = lock(&self.inbox).replace(nodes);
        wake(waker);
    }

    /// Ends the watch with an error, which is reported after all earlier changes.
    pub fn fail(self, error: Error) {
        lock(&self.inbox).end = End::Failed(error);
    }

    /// Returns `true` if no reader is left.
    pub fn is_closed(&self) -> bool {
        lock(&self.inbox).reader == WatchReader::Gone
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let waker = {
            let mut inbox = lock(&self.inbox);
            if matches!(inbox.end, End::Open) {
                inbox.end = End::Closed;
            }
            inbox.waker.take()
        };
        wake(waker);
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("service", &lock(&self.inbox).service).finish_non_exhaustive()
    }
}

// Called outside the lock: a waker may run arbitrary code.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl WatchInbox {
    fn put(&mut self, node: Arc<Node>) -> Option<Waker> {
        if self.service.as_ref().is_some_and(|service| *service != node.service) {
            return None;
        }
        let key = WatchKey::of(&node);
        let known = self.told.get(&key) == Some(&node);
        self.tell(key, Some(node), known)
    }

    fn remove(&mut self, key: WatchKey) -> Option<Waker> {
        let known = !self.told.contains_key(&key);
        self.tell(key, None, known)
    }

    fn replace(&mut self, nodes: impl IntoIterator<Item = Arc<Node>>) -> Option<Waker> {
        let mut present = HashSet::new();
        let mut waker = None;
        for node in nodes {
            present.insert(WatchKey::of(&node));
            waker = self.put(node).or(waker);
        }
        let absent: Vec<WatchKey> =
            self.told.keys().chain(self.news.keys()).filter(|key| !present.contains(*key)).cloned().collect();
        for key in absent {
            waker = self.remove(key).or(waker);
        }
        waker
    }

    fn tell(&mut self, key: WatchKey, node: Option<Arc<Node>>, known: bool) -> Option<Waker> {
        if known {
            if let Some(stale) = self.news.remove(&key) {
                self.order.remove(&stale.since);
            }
            return None;
        }
        if let Some(news) = self.news.get_mut(&key) {
            news.node = node;
            return None;
        }
        self.clock += 1;
        self.order.insert(self.clock, key.clone());
        self.news.insert(key, News { since: self.clock, node });
        self.waker.take()
    }

    fn pop(&mut self) -> Option<Change> {
        let (_, key) = self.order.pop_first()?;
        let news = self.news.remove(&key)?;
        match news.node {
            Some(node) => {
                let change = Node::clone(&node);
                match self.told.insert(key, node) {
                    None => Some(Change::Created(change)),
                    Some(_) => Some(Change::Updated(change)),
                }
            }
            None => self.told.remove(&key).map(|node| Change::Deleted(Arc::unwrap_or_clone(node))),
        }
    }

    fn take_failure(&mut self) -> Option<Error> {
        match std::mem::replace(&mut self.end, End::Closed) {
            End::Failed(error) => Some(error),
            other => {
                self.end = other;
                None
            }
        }
    }
}

impl WatchKey {
    fn of(node: &Node) -> Self {
        WatchKey { service: node.service.clone(), id: node.id.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str) -> Node {
        Node::new("s", "").with_id(id)
    }

    fn drain(watch: &mut Watch) -> Vec<Change> {
        std::iter::from_fn(|| watch.try_next()).map(|change| change.expect("no failure")).collect()
    }

    #[test]
    fn what_cancelled_itself_out_is_not_told() {
        let (feed, mut watch) = Watch::channel(None);
        feed.put(node("a"));
        feed.remove("s", "a");
        assert_eq!(drain(&mut watch), []);
        feed.put(node("a"));
        assert_eq!(drain(&mut watch), [Change::Created(node("a"))]);
        feed.remove("s", "a");
        feed.put(node("a"));
        assert_eq!(drain(&mut watch), []);
        feed.remove("s", "a");
        feed.put(node("a").with_version("2"));
        assert_eq!(drain(&mut watch), [Change::Updated(node("a").with_version("2"))]);
    }

    #[test]
    fn the_inbox_is_no_larger_than_what_it_is_about() {
        let (feed, watch) = Watch::channel(None);
        for round in 0..1_000 {
            feed.put(node("a").with_version(round.to_string()));
            feed.remove("s", "a");
        }
        let inbox = lock(&watch.inbox);
        assert_eq!((inbox.news.len(), inbox.order.len(), inbox.told.len()), (0, 0, 0));
    }

    #[test]
    fn replacing_tells_the_difference_in_the_order_it_arose() {
        let (feed, mut watch) = Watch::channel(Some("s"));
        feed.put(node("a"));
        feed.put(node("b"));
        feed.put(Node::new("other", ""));
        assert_eq!(drain(&mut watch).len(), 2);
        feed.replace([Arc::new(node("c")), Arc::new(node("b"))]);
        assert_eq!(drain(&mut watch), [Change::Created(node("c")), Change::Deleted(node("a"))]);
    }

    #[tokio::test]
    async fn a_failure_comes_last_and_once() {
        let (feed, mut watch) = Watch::channel(None);
        feed.put(node("a"));
        feed.fail(Error::unavailable("gone"));
        assert!(matches!(watch.next().await, Some(Ok(Change::Created(_)))));
        assert!(matches!(watch.next().await, Some(Err(_))));
        assert!(watch.next().await.is_none());
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let (feed, mut watch) = Watch::channel(None);
        let (told, ()) = tokio::join!(watch.next(), async { feed.put(node("a")) });
        assert!(matches!(told, Some(Ok(Change::Created(_)))));
        let (told, ()) = tokio::join!(watch.next(), async { drop(feed) });
        assert!(told.is_none());
    }

    #[test]
    fn the_backend_learns_that_nobody_reads() {
        let (feed, watch) = Watch::channel(None);
        assert!(!feed.is_closed());
        drop(watch);
        assert!(feed.is_closed());
    }
}
