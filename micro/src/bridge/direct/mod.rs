//! A broker without a server: events are sent directly from the publishing process to the subscribing ones. The registry lists
//! the subscriptions, and a micro call carries the events.
//!
//! [`Direct`] is the backend; its documentation describes the guarantees, the order in which events arrive, and when events are
//! lost.
//!
//! # Life cycle of an event
//!
//! 1. `publish` adds the event to the *outbox*. Every queue, and every subscriber without one, is a *group* there, and the event
//!    waits in each group that matches its topic.
//! 2. A group assigns the event to a member: the one its key belongs to, or the one with the least load. From then on the event
//!    is *in flight*, and the group keeps it until it is settled.
//! 3. A member in this process receives the event immediately. A member in another process is reached over a *session*: the event
//!    is sent in a batch on the session's connection, and the peer responds with the number of events it has received. The event
//!    is now in the process of its subscriber; once that is true for all groups, `publish` returns.
//! 4. The *inbox* of the subscription accepts the event, and delivers it when its subscriber has capacity. A retried event stays
//!    there until it is due, and its publisher is notified that its slot is free.
//! 5. The subscriber settles the event. The ack is sent back, through the *ack queue* of the connection or directly to the
//!    outbox, and the group drops the event, which frees a slot for the next.
//!
//! When a connection breaks, the events in flight on it return to their groups, counted as delivered if they were written, and
//! are assigned again. A subscriber that still has such an event recognizes its number and does not receive it twice. When a
//! subscription ends, its inbox returns the events its subscriber does not hold; if their publisher is gone by then, this process
//! publishes them in its place.
//!
//! # Structure
//!
//! All decisions are made by state machines, which take inputs and return effects. They neither wait nor lock, and receive the
//! time as an input. One driver owns them and performs their effects; the tasks around the driver only transfer data. The
//! modules, in reading order; no module depends on a later one:
//!
//! - `limits`, `keys`, `timer`, `outcome`: limits and values
//! - `contract`, `advertisement`: the wire messages, and the registry entries
//! - `pending`, `inbox`, `outbox`: the state machines and their data
//! - `ack_queue`, `local_subscription`, `local_subscriptions`, `advertise`: the receiving side, and its entry in the registry
//! - `driver`: owns both sides and performs effects
//! - `subscriber`, `server`, `connection`, `event_loop`: reading, receiving, sending, and timing

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

/// A broker that requires no server: events are sent point to point, from the publishing process to the subscribing ones.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// # use std::sync::Arc;
/// use futures_util::StreamExt;
/// use micro::bridge::direct::Direct;
/// use micro::broker::{Broker, Event, Subscription};
/// use micro::registry::{Node, Registry, LeaseOptions};
/// # use micro::{client, server::Server, transport::{local::LocalTransport, memory::Network}};
/// # let (registry, network) = (Registry::memory(), Network::new());
/// # let client = client::Builder::new(LocalTransport::new()).with_remote(registry.clone(), Arc::new(network.clone())).build();
/// # let mut server = Server::new();
///
/// let direct = Direct::new(client, registry);
/// server.add_unlisted(direct.service()); // receives the events of other processes
/// # let listener = network.serve(Arc::new(server));
/// # let address = format!("127.0.0.1:{}", listener.port());
/// direct.listen(Node::new("shop", address), LeaseOptions::default()); // once the port is open
///
/// let broker = Broker::new(direct.clone());
/// let mut orders = broker.subscribe(Subscription::new("orders.*".parse()?).with_queue("billing")).await?;
/// broker.publish(Event::new("orders.placed".parse()?, "7")).await?;
/// orders.next().await.expect("the subscription is open")?.ack().await?;
///
/// direct.leave().await; // before the port closes
/// # Ok(()) }
/// ```
///
/// A process with subscriptions is registered as a node of `micro.events`, and publishers follow that service. So other processes
/// know a subscription as soon as the registry has notified them, and its own process knows it immediately. A process that only
/// publishes needs no port.
///
/// # Delivery
///
/// An event is delivered to every subscriber without a queue, in the order of its publisher, and to one member of every queue:
/// the member with the fewest events in flight, round-robin among equals. Members with as many events as they requested are
/// skipped while others have capacity. Patterns are matched by the publisher, so wildcards are supported.
///
/// An event with a [key](crate::broker::Event::with_key) goes to the queue member its key belongs to, and waits for that member;
/// see [order](#order).
///
/// [`publish`](crate::broker::Broker::publish) returns once the event is in the process of every subscriber without a queue, and
/// of one member of every queue: a program may publish and exit. If that takes longer than 1 s, `publish` returns successfully
/// all the same, and the event waits in the publisher's process, which keeps trying as long as it runs and a subscriber is
/// listed; a warning is logged once. `publish` returns immediately if there are no subscribers, or if all are in the publisher's
/// own process.
///
/// Handling an event is not limited in time: the event stays with its subscriber until the subscriber settles it or its process
/// is gone. Every process that reaches the port can send events; use [encryption](crate::guide::encryption) and interceptors to
/// restrict access.
///
/// # Order
///
/// A subscriber receives the events of one publisher in the order of publication. In a queue this holds for each key, over all
/// members: every publisher computes the member of a key from the ids of the members' subscriptions, and all publishers get the
/// same result. So a subscriber that handles a key [in order](crate::broker::ConsumerOptions::in_order) does so as if its queue
/// were one process: no two events of a key are handled concurrently, from whichever publisher, as long as the members stay the
/// same. Keys are spread evenly, regardless of the number of events per key.
///
/// A slow or stuck member holds up only its own keys. The publishers of those keys are held up as well once the events waiting
/// for that member take all the space left by the other members of the queue: half of the buffer, if only one member is stuck.
///
/// | | |
/// |---|---|
/// | A member joins or leaves | only the keys it gains or loses move. Each publisher first waits until no event of a moved key is in flight at the previous member, so the order of each publisher is preserved; the order between two publishers is preserved again once both know the new members |
/// | A member crashes | its unsettled events are redelivered to the members their keys belong to then, before later events of those keys |
/// | The connection to a member breaks | its keys wait 500 ms for the connection. If it is restored by then, order is preserved; otherwise the keys move to other members, while the previous one may still be handling its events |
/// | A listed member is unreachable | its keys move to other members: immediately if the connection is refused, after 500 ms if there is no response. Publishers that reach the member keep using it |
/// | An event is returned with a delay | later events of its key are not held up. Handlers in order do not return events; they retry in place |
///
/// # Event loss
///
/// An event is kept by its publisher until it is settled, and additionally by the process of its subscriber once accepted there.
/// The second column lists the lost events.
///
/// | | |
/// |---|---|
/// | No subscriber | the event, as with any fan-out |
/// | The last member of a queue leaves or crashes | none, if another member joins within 60 s: until then its events are kept, including new ones |
/// | A subscriber without a queue leaves or crashes | those it had not handled |
/// | A member of a queue crashes | none: its events are redelivered to another member, with the delivery count increased |
/// | The connection breaks | none: events are redelivered to the same subscriber or another, possibly for the second time |
/// | The publisher crashes | those not accepted by any subscriber: `publish` had not returned for them, or had returned after more than 1 s |
/// | The publisher exits after [`flush`](crate::broker::Broker::flush) | none |
/// | Both crash | those held by the publisher and not settled by the subscriber |
/// | A subscriber is behind | none: publishers wait 1 s for space, then receive [`ResourceExhausted`](crate::Code::ResourceExhausted) |
/// | The registry is unavailable | none between processes that already know each other |
///
/// So delivery is at-least-once as long as one of the two processes survives, and [`Capabilities::at_least_once`] is not claimed.
/// If an event must survive both, use a broker with a server.
///
/// An event returned by a subscriber is redelivered by the subscriber's own process, after the requested delay; it goes to
/// another member of the queue only when that process leaves or crashes.
///
/// # Limits
///
/// | | |
/// |---|---|
/// | Events kept by a publisher, for each queue and each subscriber without one | 10,000 events, 64 MiB |
/// | Of these, keyed events waiting for one of several members | the space not used by others |
/// | Events sent by one publisher to a subscription | its maximum in flight, plus as many again (at least 16, at most 256) that wait |
/// | Events accepted and not settled in a process, for one subscription | 10,000 events; publishers keep further events and retry |
/// | Events accepted and not settled in a process, for all its subscriptions | 256 MiB, likewise |
/// | Size of an event | 4 MiB less 16 KiB, including metadata |
/// | Publishers connected to one process | 10,000 |
///
/// A slow subscriber slows only itself and the publishers that send to it: events it does not accept stay with their publisher,
/// and other subscriptions of its process share the connection but not the wait.
#[derive(Clone)]
pub struct Direct(Arc<Shared>);

struct Shared {
    client: Client,
    registry: Registry,
    driver: Arc<Driver>,
    /// Processes with subscriptions; followed from the first use on.
    following: OnceLock<NodeView>,
    /// Latest revision of `following` that was passed to the outbox.
    revision: AtomicU64,
    /// Background tasks; `None` once the broker is closed.
    tasks: Mutex<Option<Vec<Task<()>>>>,
}

impl Direct {
    /// Creates a broker that finds subscribers in `registry` and connects to them through `client`.
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

    /// Returns the service through which publishers in other processes reach this one, for
    /// [`Server::add_unlisted`](crate::server::Server::add_unlisted).
    pub fn service(&self) -> Service {
        server::service(&self.0.driver)
    }

    /// Sets the node under which this process is reachable: its id, its address, and its supported protocols. Service and methods
    /// are filled in. The node is registered, and renewed according to `ttl`, while there are subscriptions. A later call may
    /// change the address but not the id.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn listen(&self, node: Node, ttl: LeaseOptions) {
        if self.0.driver.listen(node, ttl) {
            self.0.keep(spawn::spawn(self.0.driver.advertiser().run(self.0.registry.clone())));
        }
    }

    /// Stops accepting events: deregisters, and returns the queue events that no handler has started to other processes. Events
    /// being handled are still settled, and publishing continues.
    ///
    /// Dropping the future does not undo this.
    pub async fn leave(&self) {
        let revision = self.0.driver.leave();
        if self.0.driver.node().is_some()
            && let Err(error) = self.0.driver.advertiser().listed(revision).await
        {
            tracing::debug!("could not deregister subscriptions: {error:#}");
        }
    }

    /// Closes the broker immediately: closes connections, deregisters, waits for nothing, and stops publishing. Events that
    /// [`flush`](crate::broker::Broker::flush) would have waited for are lost.
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

    /// Passes the current nodes of the registry to the outbox.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) once the broker is closed;
    /// [`Unavailable`](crate::Code::Unavailable) if the registry does not respond.
    async fn sync(&self) -> Result<()> {
        if self.0.driver.is_closed() {
            return Err(Error::failed_precondition("the broker of this process was closed"));
        }
        let following = self.following();
        if following.generation() == 0 && clock::timeout(LOOKUP_TIMEOUT, following.ready()).await.is_err() {
            let registry = self.0.registry.name();
            let error = Error::unavailable(format!("subscribers are unknown: registry `{registry}` does not respond"));
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

    /// Waits until the registry lists a subscription of this process to this process, as it does to others.
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
            tracing::debug!(node, "the registry does not list a new subscription yet");
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
                "an event of `{topic}` has {bytes} bytes; the limit is {MAX_EVENT_BYTES}"
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
