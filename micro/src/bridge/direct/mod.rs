//! A broker without a server: events go straight from the process that publishes to those that subscribe. The registry lists
//! the subscriptions, and micro's own wire carries the events.
//!
//! [`Direct`] is the backend; its documentation says what is promised, in which order events arrive, and what is lost when.
//!
//! # The life of an event
//!
//! 1. `publish` gives the event to the *outbox*. Every queue, and every subscriber without one, is a *group* there, and the
//!    event waits in each group about its topic.
//! 2. A group assigns it to a member: the one that its key belongs to, or the one with the least load. From now on it is *in
//!    flight*, and the group keeps it until it is settled.
//! 3. A member in this process gets it at once. To one in another process it goes over a *session*: in a batch on the
//!    session's connection, which the other side answers with the number of events it has received. The event is now in the
//!    process of its subscriber; once that is so in all groups `publish` returns.
//! 4. The *inbox* of the subscription accepts the event, and delivers it when its subscriber has room. An event that is retried
//!    stays there until it is due, and its publisher learns that its place is free.
//! 5. The subscriber settles it. The ack goes back, by the *ack queue* of the connection or straight to the outbox, and the
//!    group forgets the event, which makes room for the next.
//!
//! When a connection breaks, what was in flight on it goes back to its groups, counted as delivered if it was written, and is
//! assigned anew. A subscriber that still has it knows it by its number and does not get it twice. When a subscription ends,
//! its inbox returns what its subscriber does not have; if the publisher is gone by then, this process publishes it in its
//! place.
//!
//! # The pieces
//!
//! What is decided is decided by state machines, which take what has happened and return what is to be done. They neither
//! wait nor lock, and know the time only from what they are told. One driver owns them and does what they want done; around
//! it are tasks that only carry. In the order to read them, in which no file names a later one:
//!
//! - `limits`, `keys`, `timer`, `outcome`: bounds and values
//! - `contract`, `advertisement`: what goes over the wire, and into the registry
//! - `pending`, `inbox`, `outbox`: the state machines, and what they hold
//! - `ack_queue`, `local_subscription`, `local_subscriptions`, `advertise`: the receiving side, and its entry in the registry
//! - `driver`: owns both sides, and performs effects
//! - `subscriber`, `server`, `connection`, `event_loop`: what reads, receives, sends, and keeps time

mod ack_queue;
mod advertise;
mod advertisement;
mod connection;
mod contract;
mod driver;
mod event_loop;
mod hosted;
mod inbox;
mod keys;
mod limits;
mod local_subscription;
mod local_subscriptions;
mod outbox;
mod outcome;
mod pending;
mod server;
mod subscriber;
#[cfg(test)]
mod tests;
mod timer;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::broker::{Backend, Capabilities, Deliveries, Event, State, Subscription};
use crate::client::Client;
use crate::errors::{Error, Result};
use crate::registry::{LeaseOptions, Node, NodeView, Registry};
use crate::rpc::Service;
use crate::util::clock;
use crate::util::spawn::{self, Task};

use advertisement::Advertisement;
pub(crate) use contract::SERVICE;
use driver::{BlockedPublisher, Driver};
use limits::{LOOKUP_TIMEOUT, MAX_EVENT_BYTES, PUBLISH_TIMEOUT, VISIBILITY_TIMEOUT};
use pending::{EventCompletion, size};
use subscriber::DirectSubscriber;

/// The broker that needs nothing installed: events go point to point, from the process that publishes to those that subscribe.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// # use std::sync::Arc;
/// use futures_util::StreamExt;
/// use micro::bridge::direct::Direct;
/// use micro::broker::{Broker, Event, Subscription};
/// use micro::registry::{Node, Registry, LeaseOptions};
/// # use micro::{client, server::EventsServer, transport::{local::LocalTransport, memory::Network}};
/// # let (registry, network) = (Registry::memory(), Network::new());
/// # let client = client::Builder::new(LocalTransport::new()).with_remote(registry.clone(), Arc::new(network.clone())).build();
/// # let mut server = EventsServer::new();
///
/// let direct = Direct::new(client, registry);
/// server.add_unlisted(direct.service()); // takes in the events of other processes
/// # let listener = network.serve(Arc::new(server));
/// # let address = format!("127.0.0.1:{}", listener.port());
/// direct.listen(Node::new("shop", address), LeaseOptions::default()); // once the port is open
///
/// let broker = Broker::new(direct.clone());
/// let mut orders = broker.subscribe(Subscription::new("orders.*".parse()?).with_queue("billing")).await?;
/// broker.publish(Event::new("orders.placed".parse()?, "7")).await?;
/// orders.next().await.expect("the subscription goes on")?.ack().await?;
///
/// direct.leave().await; // before the port closes
/// # Ok(()) }
/// ```
///
/// A process with subscriptions is listed in the registry, as a node of `micro.events`, and publishers follow that. So a
/// subscription is known elsewhere as soon as the registry has told it; within its own process at once. A process that only
/// publishes needs no port.
///
/// # Who gets an event
///
/// Every subscriber without a queue, in the order of its publisher; and one of every queue: the member with the fewest in flight, and
/// in turn among equals. Members that have all they asked for are passed over while others have room. Patterns are matched by
/// the publisher, so wildcards work.
///
/// An event with a [key](crate::broker::Event::with_key) goes to the one member of a queue that its key belongs to, and waits
/// for that one; see [order](#order).
///
/// [`publish`](crate::broker::Broker::publish) is done when the event is in the process of every subscriber, and of a member of
/// every queue: a program may publish and end. Where that takes longer than a second it is done as well, and the event waits
/// in the publisher's process, which keeps trying as long as it lives and a subscriber is listed; a warning is logged once.
/// Without subscribers it completes immediately, as it does if all subscribers are in the publisher's own process.
///
/// There is no limit to how long an event may be handled: it stays with its subscriber until that settles it, or its process is
/// gone. Every process that reaches the port can hand in events; [encryption](crate::guide::encryption) and interceptors decide
/// which do.
///
/// # Order
///
/// What one publisher publishes comes to a subscriber in that order. In a queue that holds for each key, over all its members:
/// every publisher computes from the numbers of the members which of them a key belongs to, and all get the same result. So
/// a subscriber that handles a key [in order](crate::broker::ConsumerOptions::in_order) does so as if its queue were one process: no two
/// events of a key are handled at the same time, from whichever publisher, as long as the members stay the same. Keys are spread
/// evenly, and how much there is of each is not looked at.
///
/// A member that is slow, or stuck, holds up its own keys and nothing else. Their publishers are held up as well once it takes
/// all the room that others of the queue have left: half of what is kept, if it is the only one.
///
/// | | |
/// |---|---|
/// | A member comes or leaves | only the keys that it gets or had are moved. Each publisher first waits until nothing of a key is under way where it was, so its own order holds; that of two publishers holds again once both know who is there |
/// | A member dies | what it had comes again, to whom its keys belong then, and before what follows |
/// | The connection to a member breaks | its keys wait half a second for it. If it is back by then the order holds; if not, they go to others, while it may still be handling what it had |
/// | A member is listed and cannot be reached | its keys go to others: at once if it refuses, after half a second if it is silent. Publishers that reach it go on giving them to it |
/// | An event is given back for later | what follows is not held up by it. Handlers in order do not do that: they try again where they are |
///
/// # What is lost when
///
/// An event is kept by its publisher until it is settled, and by the process of its subscriber from when it is taken.
///
/// | | |
/// |---|---|
/// | No subscriber | the event, as with any fan-out |
/// | The last member of a queue leaves or dies | nothing, if another comes within a minute: until then its events are kept, new ones too |
/// | A subscriber without a queue leaves or dies | what it had not handled |
/// | A member of a queue dies | nothing: another gets it, counted as another delivery |
/// | The connection breaks | nothing: the same subscriber or another gets it, maybe for the second time |
/// | The publisher dies | what no subscriber had accepted: what `publish` has not returned for, or has after more than a second |
/// | The publisher ends after [`flush`](crate::broker::Broker::flush) | nothing |
/// | Both die | what the publisher held and the subscriber had not settled |
/// | A subscriber is behind | nothing: publishers wait a second for room, and then are told with [`ResourceExhausted`](crate::Code::ResourceExhausted) |
/// | The registry is away | nothing between those who know each other |
///
/// So it is at least once as long as one of the two lives, and [`Capabilities::at_least_once`] is not claimed. Where an event
/// must outlive both, use a broker that is a server.
///
/// What a subscriber gives back is brought again by its own process, after the wait if one is named; it goes to another member
/// of the queue only when that process leaves or dies.
///
/// # How much there is of everything
///
/// | | |
/// |---|---|
/// | Kept by a publisher, for each queue and each subscriber without one | 10,000 events, 64 MiB |
/// | Of these, waiting for one of several members because of their keys | as much as is left for others |
/// | Handed by one publisher to a subscription | as many as it wants in flight, and as many again (from 16 to 256) to wait beside them |
/// | Waiting in a process, for one subscription | 10,000 events; publishers that bring more keep them and try again |
/// | Waiting in a process, for all its subscriptions | 256 MiB, likewise |
/// | An event | 4 MiB less 16 KiB, with all that is said about it |
/// | Publishers that one process hears | 10,000 |
///
/// A slow subscriber slows only itself, and publishers to it: what it does not take stays where it was published, and
/// other subscriptions of its process share the connection, not the wait.
#[derive(Clone)]
pub struct Direct(Arc<Shared>);

struct Shared {
    client: Client,
    registry: Registry,
    driver: Arc<Driver>,
    /// The processes with subscriptions, from the first time that they are asked for.
    following: OnceLock<NodeView>,
    /// The revision of them that the outbox knows.
    revision: AtomicU64,
    /// Background tasks; none any more once the broker is closed.
    tasks: Mutex<Option<Vec<Task<()>>>>,
}

impl Direct {
    /// Finds subscribers in `registry`, and reaches them through `client`.
    pub fn new(client: Client, registry: Registry) -> Self {
        Direct(Arc::new(Shared {
            client: contract::client(&client),
            registry,
            driver: Driver::new(),
            following: OnceLock::new(),
            revision: AtomicU64::new(0),
            tasks: Mutex::new(Some(Vec::new())),
        }))
    }

    /// Returns the service by which the publishers of other processes reach this one, for
    /// [`Server::add_unlisted`](crate::server::Server::add_unlisted).
    pub fn service(&self) -> Service {
        server::service(&self.0.driver)
    }

    /// Sets the node as which this process is reached: its id, its address, and what it says about its wire. Its service and
    /// its methods are filled in. It is listed, and renewed as `ttl` says, while there are subscriptions. Another call may
    /// change the address, and not the id.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn listen(&self, node: Node, ttl: LeaseOptions) {
        if self.0.driver.listen(node, ttl) {
            self.0.keep(spawn::spawn(self.0.driver.advertiser().run(self.0.registry.clone())));
        }
    }

    /// Takes in no more events: leaves the registry, and gives what queues have here, and no handler has begun, to other
    /// processes. What is being handled is settled as ever, and publishing goes on.
    ///
    /// Dropping the future does not undo it.
    pub async fn leave(&self) {
        let revision = self.0.driver.leave();
        if self.0.driver.node().is_some()
            && let Err(error) = self.0.driver.advertiser().listed(revision).await
        {
            tracing::debug!("subscriptions are left to expire: {error:#}");
        }
    }

    /// Ends at once: closes connections, leaves the registry, waits for nothing, and publishes nothing any more. What
    /// [`flush`](crate::broker::Broker::flush) would have waited for is lost.
    pub fn close(&self) {
        self.0.driver.leave();
        drop(self.0.tasks().take());
        self.0.driver.close();
    }

    fn following(&self) -> &NodeView {
        let shared = &self.0;
        shared.following.get_or_init(|| {
            let following = shared.registry.follow(SERVICE);
            let event_loop = event_loop::run(Arc::downgrade(&shared.driver), shared.client.clone(), following.clone());
            shared.keep(spawn::spawn(event_loop));
            following
        })
    }

    /// Takes in what the registry lists.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) once the broker is closed, and
    /// [`Unavailable`](crate::Code::Unavailable) when the registry does not answer.
    async fn sync(&self) -> Result<()> {
        if self.0.driver.is_closed() {
            return Err(Error::failed_precondition("the broker of this process was closed"));
        }
        let following = self.following();
        if following.generation() == 0 && clock::timeout(LOOKUP_TIMEOUT, following.ready()).await.is_err() {
            let registry = self.0.registry.name();
            let error = Error::unavailable(format!("subscribers are unknown: registry `{registry}` does not answer"));
            return Err(match following.last_error() {
                Some(last_error) => error.with_source(last_error.into_boxed()),
                None => error,
            });
        }
        let revision = following.generation();
        if self.0.revision.load(Ordering::Acquire) < revision {
            self.0.driver.sync(revision, &following.nodes());
            self.0.revision.fetch_max(revision, Ordering::Release);
        }
        Ok(())
    }

    /// Waits until the registry shows a subscription of this process to itself, as it does to others.
    async fn visible(&self, subscription: u64) {
        let Some(node) = self.0.driver.node() else { return };
        let mut following = self.following().clone();
        let lists = |other: &Arc<Node>| other.id == node && Advertisement::is_on(other, subscription);
        let visible = async {
            while !following.nodes().iter().any(lists) {
                following.changed().await;
            }
        };
        if clock::timeout(VISIBILITY_TIMEOUT, visible).await.is_err() {
            tracing::debug!(node, "a subscription is listed, and the registry does not show it yet");
        }
    }
}

impl Shared {
    fn keep(&self, task: Task<()>) {
        if let Some(tasks) = &mut *self.tasks() {
            tasks.push(task);
        }
    }

    fn tasks(&self) -> MutexGuard<'_, Option<Vec<Task<()>>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Direct {
    fn name(&self) -> String {
        "direct".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            redelivers: true,
            counts_deliveries: true,
            wildcards: true,
            ordered_across_processes: true,
            ..Capabilities::default()
        }
    }

    fn state(&self) -> State {
        let failed = self.0.following.get().and_then(NodeView::last_error);
        let failed = failed.or_else(|| self.0.driver.advertiser().last_error());
        failed.map_or(State::Up, |error| State::Down(format!("registry `{}`: {error}", self.0.registry.name())))
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        if let Some(large) = events.iter().find(|event| size(event) > MAX_EVENT_BYTES) {
            let (topic, bytes) = (&large.topic, size(large));
            return Err(Error::invalid_argument(format!(
                "an event of `{topic}` has {bytes} bytes, of at most {MAX_EVENT_BYTES}"
            )));
        }
        self.sync().await?;
        let (mut rest, completion, until) = (events, EventCompletion::new(), clock::after(PUBLISH_TIMEOUT));
        while let Err(BlockedPublisher { what, room }) = self.0.driver.publish(&mut rest, &completion) {
            clock::timeout_at(until, room).await.map_err(|_| {
                let topic = rest.first().map_or("", |event| event.topic.as_str());
                Error::resource_exhausted(format!("`{topic}` has subscribers that are behind: {what}"))
            })?;
        }
        let completed = std::pin::pin!(completion.wait());
        if clock::within(until, completed).await.is_err() {
            self.0.driver.report_backlog();
        }
        Ok(())
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        let (subscription, revision) = self.0.driver.subscribe(subscription)?;
        let id = subscription.advertisement().subscription;
        let subscriber = DirectSubscriber::new(self.0.driver.clone(), subscription);
        self.0.driver.advertiser().listed(revision).await?;
        self.visible(id).await;
        Ok(Deliveries::new(subscriber))
    }

    async fn flush(&self) {
        self.0.driver.flushed().await;
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Direct").field(&self.0.driver).finish()
    }
}
