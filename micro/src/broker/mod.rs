//! Publishing events to topics, and receiving them with acknowledgement.
//!
//! An [`Event`] is something that happened: bytes, and what is known about them. Its publisher does not know who receives it. A
//! [`Subscription`] names topics: alone, so that each subscriber gets every event, or in a queue, whose subscribers share them.
//! A [`Delivery`] is an event that a subscriber holds until it settles it: acknowledged, returned for later, or rejected.
//!
//! # For callers
//!
//! A [`Broker`] is the handle that callers hold, whatever the backend behind it:
//!
//! - [`Broker::publish`] and [`Broker::publish_all`] hand events over;
//! - [`Broker::subscribe`] returns [`Deliveries`];
//! - [`handling::serve`] runs a [`Handler`] for them, with retries, order and dead letters.
//!
//! A [`Publisher`] publishes values of one type, and [`#[micro::subscriber]`](crate::subscriber) makes handlers of functions. An
//! [`Interceptor`] wraps both. An app may have several [`Brokers`]. The guide has [events](crate::guide::events) from the outside,
//! and [what is lost when](crate::guide::brokers).
//!
//! # For backends
//!
//! A backend implements [`Backend`]: a name, its capabilities, `publish` and `subscribe`. That is all, because the rest is done
//! once for all of them, on this side of the trait:
//!
//! - The handle sets deadlines, refuses subscriptions that the backend cannot do, and says why it cannot be reached.
//! - [`handling`] has concurrency, retries with back-off, dead letters, the order of keys within the process, the extension of
//!   what takes long, and an end without loss. It asks of a delivery what [`Settle`] has, and nothing of the backend.
//! - The app subscribes again after an outage, shows the backend's [`State`] in `/readyz`, and flushes it when it stops.
//!
//! What brokers do *differently* is declared by [`Capabilities`], and nothing else: no caller asks for a backend by its name.
//! A capability is a promise. The handle refuses what is not declared instead of losing it; an app refuses to start where a
//! subscriber asks for it ([`micro.downgrade`](crate::app::Settings::downgrade) has the exceptions); [`handling`] tries again in the
//! process where a broker does not redeliver; and [`testing::suite`](mod@crate::testing::suite) has a test for each, which holds
//! a backend to what it declares and checks that it refuses the rest. So a backend starts from [`Capabilities::default`], which
//! promises nothing, and adds what its tests prove.
//!
//! [`Memory`] is the reference: every capability that a process can have by itself, in two files. `Nats`, with the feature
//! `broker-nats`, shows a backend with a server: a connection from the room [`link`](mod@crate::link), reconnects that subscribers
//! only see as an error among their deliveries, and settling over the wire. The broker `direct`, an app's own, is made of
//! the app's client and registry and lives in [`bridge`](crate::bridge).
//!
//! To add one, in this crate or in another: a file with the backend; a line for its URL,
//!
//! ```
//! # use micro::broker::{Backend, Broker, Memory};
//! micro::scheme!(Broker, "scratch", "scratch", |connect| {
//!     Box::pin(async move { connect.nothing_more().map(|()| Broker::new(Memory::new())) })
//! });
//! ```
//!
//! and its way through the suite:
//!
//! ```
//! # use micro::broker::Broker;
//! micro::testing::suite! {
//!     #[tokio::test(start_paused = true)]
//!     broker(Broker::memory())
//! }
//! ```

mod backend;
mod capabilities;
mod delivery;
mod event;
pub mod handling;
mod interceptor;
mod memory;
#[cfg(feature = "broker-nats")]
mod nats;
mod publisher;
mod read;
mod subscription;
mod topic;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use crate::plug::State;
pub use backend::Backend;
pub use capabilities::Capabilities;
pub(crate) use delivery::Settlement;
pub use delivery::{Deliveries, Delivery, Settle};
pub use event::Event;
pub use handling::{Ack, ConsumerOptions, Handler};
pub use interceptor::{HandleNext, Interceptor, Interceptors, PublishNext};
pub use memory::Memory;
#[cfg(feature = "broker-nats")]
pub use nats::Nats;
pub use publisher::{DEADLINE, PublishOptions, Publisher, TRACE, Typed};
pub use read::FromEvent;
pub use subscription::{Start, Subscription};
pub use topic::{Pattern, Topic};

use backend::DynBackend;

use crate::context::{Context, Extensions};
use crate::errors::{Error, Result};
use crate::plug::{self, Connectable, Instances, Plug};
use crate::util::clock;

/// Timeout for operations of a broker without a deadline of their own.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);

/// The handle callers hold. Clones share the backend.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use futures_util::StreamExt;
/// use micro::broker::{Broker, Event, Subscription};
///
/// let broker = Broker::memory();
/// let mut orders = broker.subscribe(Subscription::new("orders.*".parse()?)).await?;
///
/// broker.publish(Event::new("orders.placed".parse()?, "7")).await?;
/// let delivery = orders.next().await.expect("it goes on")?;
/// assert_eq!(delivery.event.body, "7");
/// delivery.ack().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Broker(Arc<dyn DynBackend>, Interceptors);

/// The brokers of a program: the default one, and others by name.
///
/// [`App::named_broker`](crate::App::named_broker) adds one, and so does the setting `micro.brokers.audit = "nats://.."`;
/// `#[micro::subscriber(broker = "audit")]` subscribes there.
pub type Brokers = Instances<Broker>;

impl Connectable for Broker {
    const KIND: &'static str = "broker";
    const FEATURES: &'static [(&'static str, &'static str)] = &[("nats", "broker-nats")];
}

impl Plug for Broker {
    const NAMES: &'static str = "brokers";
    const DEFAULT: &'static str = "direct";

    fn state(&self) -> State {
        match self.0.state() {
            State::Down(why) => State::Down(format!("`{}`: {why}", self.name())),
            up => up,
        }
    }

    fn flush(&self) -> impl Future<Output = ()> + Send {
        self.0.flush()
    }

    // Those of the app wrap every broker of it.
    fn attach(self, parts: &Extensions) -> Self {
        match parts.get::<Interceptors>() {
            Some(interceptors) => self.with_interceptors(interceptors.clone()),
            None => self,
        }
    }
}

inventory::submit! { plug::PlugRegistration::new::<Broker>() }

impl Broker {
    /// The handle of a backend.
    pub fn new(backend: impl Backend) -> Self {
        Broker(Arc::new(backend), Interceptors::default())
    }

    /// A broker of its own in this process's memory, shared by the clones of this handle only.
    pub fn memory() -> Self {
        Self::new(Memory::new())
    }

    /// The broker a URL names: `memory`, `nats://10.0.0.1:4222`, or what a backend crate added.
    ///
    /// A broker that is away is none the less connected to: its [`state`](Self::state) says so, and it is tried again.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when no backend knows the scheme (the message lists those there
    /// are, or names the feature that is missing) or the backend cannot read the rest;
    /// [`Unauthenticated`](crate::Code::Unauthenticated) when it refuses the login.
    pub async fn connect(url: &str) -> Result<Self> {
        plug::connect(url).await.map_err(|error| error.with_operation("broker.connect"))
    }

    /// Wraps everything published and handled through this handle in interceptors.
    #[must_use]
    pub fn with_interceptors(self, interceptors: Interceptors) -> Self {
        Broker(self.0, interceptors)
    }

    /// Returns the interceptors.
    pub(crate) fn interceptors(&self) -> &Interceptors {
        &self.1
    }

    /// The backend's name, for people: `memory`.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Returns the capabilities of the broker.
    pub fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    /// Returns whether the broker can be reached now.
    pub fn state(&self) -> State {
        self.0.state()
    }

    /// Publishes one event. Done when the broker answers for it, as far as its [`Capabilities`] go.
    ///
    /// Waits until the deadline of the current [`Context`], or for ten seconds. Dropping the future leaves open whether
    /// the event was taken.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) when the broker cannot be reached in that time;
    /// [`ResourceExhausted`](crate::Code::ResourceExhausted) when it takes no more, because subscribers are behind.
    pub async fn publish(&self, event: Event) -> Result<()> {
        self.publish_all(&[event]).await
    }

    /// Publishes events in their order, which costs less than one by one.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish); some of the events may have been taken.
    pub async fn publish_all(&self, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        self.patiently("broker.publish", self.1.publish(self, events)).await
    }

    /// Begins to receive. Events that are published after it returns are delivered.
    ///
    /// # Errors
    ///
    /// [`Unimplemented`](crate::Code::Unimplemented) for what the broker does not promise;
    /// [`InvalidArgument`](crate::Code::InvalidArgument) for a durable subscription without a queue to keep events under;
    /// [`Unavailable`](crate::Code::Unavailable) when the broker cannot be reached.
    pub async fn subscribe(&self, subscription: Subscription) -> Result<Deliveries> {
        self.check(&subscription).map_err(|error| error.with_operation("broker.subscribe"))?;
        self.patiently("broker.subscribe", self.0.subscribe(&subscription)).await
    }

    /// Waits until what this process keeps for now is in other hands: what was published, and what subscribers that have left
    /// had not taken. A program that ends before takes it along, or has others wait for it. An app does this when it stops.
    ///
    /// It waits for as long as it takes: set a deadline. Dropping the future loses nothing.
    pub async fn flush(&self) {
        self.0.flush().await;
    }

    fn check(&self, subscription: &Subscription) -> Result<()> {
        let can = self.capabilities();
        let cannot = |what: &str| {
            Err(Error::unimplemented(format!("broker `{}` {what}: `{}`", self.name(), subscription.topics)))
        };
        if subscription.durable && subscription.queue.is_none() {
            return Err(Error::invalid_argument("a durable subscription needs a queue, to keep events under its name"));
        }
        if subscription.durable && !can.durable {
            return cannot("has no durable queues");
        }
        if subscription.start != Start::New && !can.replays {
            return cannot("does not support replay");
        }
        if subscription.ordered && subscription.queue.is_some() && !can.ordered_across_processes {
            return cannot("does not keep the order of a key over the processes of a queue");
        }
        if subscription.topics.topic().is_none() && !can.wildcards {
            return cannot("does not support wildcards");
        }
        Ok(())
    }

    async fn patiently<T>(&self, operation: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let until = Context::current().deadline().unwrap_or_else(|| clock::after(OPERATION_TIMEOUT));
        let done = clock::timeout_at(until, work).await;
        let done = done.unwrap_or_else(|_| {
            let why = match self.state() {
                State::Up => "it does not answer".to_owned(),
                State::Down(why) => why,
            };
            Err(Error::unavailable(format!("broker `{}`: {why}", self.name())))
        });
        done.map_err(|error| error.with_operation(operation))
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
