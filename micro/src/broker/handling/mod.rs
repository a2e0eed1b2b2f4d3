//! What is done with deliveries, once for all brokers: handlers, tries, order, dead letters, and an end without loss.

mod ack;
mod function;
mod given;
mod key_queue;
mod one;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

pub use ack::Ack;
pub use function::{function, keyed};
pub use given::Given;

use super::{Broker, Deliveries, Delivery, Event, Subscription, Topic};
use crate::context::Extensions;
use crate::errors::Result;
use crate::rpc::BoxFuture;
use crate::util::backoff;
use crate::util::clock::{self, MissedTickBehavior};
use crate::util::spawn::{self, Task};

use key_queue::{KeyQueues, MAX_BLOCKED, Overflow};

/// What is run for events. [`function`] makes one of a closure.
pub trait Handler: Send + Sync + 'static {
    /// Handles one event. An error, or a panic, has it tried again later. Its context is the current one.
    fn handle(&self, given: Given) -> BoxFuture<'_, Result<()>>;

    /// What the event belongs to, where events of one key are handled in order: what its publisher said, if nothing else.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being found out. The event is then handled in no order.
    fn key(&self, event: &Event) -> Result<Option<String>> {
        Ok(event.key.clone())
    }

    /// Whether [`key`](Self::key) returns the key of the publisher, by which a broker with the capability
    /// [`ordered_across_processes`](super::Capabilities::ordered_across_processes) shares events over the processes of a queue.
    ///
    /// Default: true. A handler with keys of its own returns false: their order holds within each process.
    fn has_publishers_key(&self) -> bool {
        true
    }
}

/// How events are handled.
///
/// ```
/// use std::time::Duration;
/// use micro::broker::Handling;
///
/// let handling = Handling::default().with_tries(3, Duration::from_millis(200)).with_concurrency(8);
/// assert_eq!(handling.tries, 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handling {
    /// What logs and spans call it: `subscriber`.
    pub name: &'static str,
    /// How many events are handled at a time: 16.
    pub concurrency: usize,
    /// How often an event is tried in all: 5 times.
    pub tries: u32,
    /// How long to wait before the second try, and twice as long each time after that: 1 s. Never longer than a minute.
    pub backoff: Duration,
    /// Where an event goes that failed every time; the topic's own [`dead_letters`](Topic::dead_letters) where not given.
    pub dead_letters: Option<Topic>,
    /// Whether events of one key are handled one after the other, in the order they were published.
    pub in_order: bool,
    /// Who says what becomes of an event.
    pub settling: Settling,
}

/// Who says what becomes of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Settling {
    /// What the handler returns: `Ok` and it is done with, `Err` and it is tried again.
    #[default]
    ByResult,
    /// The handler, by the [`Ack`] it is given. An error is none the less a failed try.
    ByHand,
}

/// No wait between two tries is longer.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// How often a broker hears that an event is still wanted here: a third of the time after which they give it to others.
const LEASE: Duration = Duration::from_secs(10);
/// How long it may take to say so of all that wait.
const EXTEND_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an event may be handled until its key counts as blocked.
const SLOW: Duration = Duration::from_secs(1);

impl Default for Handling {
    fn default() -> Self {
        Handling {
            name: "subscriber",
            concurrency: 16,
            tries: 5,
            backoff: Duration::from_secs(1),
            dead_letters: None,
            in_order: false,
            settling: Settling::ByResult,
        }
    }
}

impl Handling {
    /// Under another name in logs and spans.
    #[must_use]
    pub fn with_name(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// With so many events at a time; at least one.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// With so many tries in all, at least one, and this long to wait before the second.
    #[must_use]
    pub fn with_tries(mut self, tries: u32, backoff: Duration) -> Self {
        (self.tries, self.backoff) = (tries.max(1), backoff);
        self
    }

    /// With another topic for what failed every time.
    #[must_use]
    pub fn with_dead_letters(mut self, topic: Topic) -> Self {
        self.dead_letters = Some(topic);
        self
    }

    /// Handles the events of one key one after the other.
    ///
    /// An event that fails holds up its key until it succeeds or is a dead letter; other keys go on. Behind a key that is held
    /// up by a failing event, or by one that takes more than a second, 64 events wait, and 256 behind all such keys. More are
    /// returned to the broker, which delivers them again after five seconds or more, and are taken in the order they first
    /// came in. With 10,000 events returned, or on a broker that does not [redeliver](super::Capabilities::redelivers), the
    /// subscriber takes no more events until there is room.
    ///
    /// The order holds among the events that come to one process, and over all processes of a queue where the broker has the
    /// capability [`ordered_across_processes`](super::Capabilities::ordered_across_processes). A key that a handler
    /// [finds in the event](Handler::key) is not known to brokers.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// With an [`Ack`] for the handler to settle each event by.
    #[must_use]
    pub fn manually(mut self) -> Self {
        self.settling = Settling::ByHand;
        self
    }

    /// How long to wait before the try that follows number `attempt`.
    fn wait(&self, attempt: u32) -> Duration {
        backoff::exponential(self.backoff, MAX_BACKOFF, attempt.saturating_sub(1))
    }
}

/// What all events of a subscription have in common.
struct Shared {
    broker: Broker,
    handling: Handling,
    handler: Arc<dyn Handler>,
    /// What handlers are lent.
    lent: Extensions,
    /// One for each event that is handled at a time.
    slots: Arc<Semaphore>,
    blocked: Blocked,
}

/// Handles the events of a subscription until `stop`; then those that have begun are finished, and the others left to the
/// broker. Dropping the future drops the handlers.
///
/// # Errors
///
/// As [`Broker::subscribe`]; once there is a subscription, nothing.
pub async fn serve(
    broker: &Broker,
    subscription: Subscription,
    handling: Handling,
    handler: Arc<dyn Handler>,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    Serving::begin(broker, subscription, handling, handler, Extensions::new()).await?.run(stop).await;
    Ok(())
}

/// A subscription whose events are about to be handled.
pub(crate) struct Serving {
    shared: Arc<Shared>,
    deliveries: Deliveries,
}

impl Serving {
    /// Subscribes. `lent` is what handlers find in their context.
    ///
    /// # Errors
    ///
    /// As [`Broker::subscribe`].
    pub(crate) async fn begin(
        broker: &Broker,
        subscription: Subscription,
        handling: Handling,
        handler: Arc<dyn Handler>,
        lent: Extensions,
    ) -> Result<Self> {
        // As many again wait here as are handled, so that none waits for the broker between two, and those behind blocked keys.
        let blocked = if handling.in_order { MAX_BLOCKED } else { 0 };
        let in_flight = handling.concurrency.saturating_mul(2).saturating_add(blocked);
        let deliveries = broker.subscribe(subscription.with_in_flight(in_flight)).await?;
        let slots = Arc::new(Semaphore::new(handling.concurrency.clamp(1, Semaphore::MAX_PERMITS)));
        let shared = Shared { broker: broker.clone(), handling, handler, lent, slots, blocked: Blocked::default() };
        Ok(Serving { shared: Arc::new(shared), deliveries })
    }

    /// Handles events until `stop`, or until the broker ends the subscription.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let Serving { shared, mut deliveries } = self;
        let concurrency = shared.handling.concurrency;
        let mut queues = KeyQueues::new(concurrency, shared.broker.capabilities().redelivers);
        let mut running: FuturesUnordered<Task<Option<String>>> = FuturesUnordered::new();
        let mut returning = FuturesUnordered::new();
        let mut extending = clock::interval(LEASE);
        extending.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = std::pin::pin!(stop);
        loop {
            // Those that wait to be tried again take no slot.
            while running.len() < concurrency.saturating_add(MAX_BLOCKED)
                && queues.any_ready()
                && let Ok(slot) = shared.slots.clone().try_acquire_owned()
                && let Some((key, delivery)) = queues.next()
            {
                running.push(begin(shared.clone(), slot, key, delivery));
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(ended) = running.next(), if !running.is_empty() => {
                    shared.blocked.take().iter().for_each(|key| queues.block(key));
                    ended.ok().flatten().into_iter().for_each(|key| queues.free(key));
                }
                () = shared.blocked.changed.notified() => {
                    shared.blocked.take().iter().for_each(|key| queues.block(key));
                }
                Some(()) = returning.next(), if !returning.is_empty() => {}
                _ = extending.tick() => {
                    queues.expire();
                    // While a lost connection is made again there is nothing else to do either.
                    let extended = join_all(queues.deliveries().map(Delivery::extend));
                    let _ = clock::timeout(EXTEND_TIMEOUT, extended).await;
                }
                next = deliveries.next(), if queues.has_room() && returning.len() < concurrency => match next {
                    Some(Ok(delivery)) => {
                        let key = shared.key(&delivery.event);
                        returning.extend(queues.add(delivery, key).map(give_back));
                    }
                    Some(Err(error)) => tracing::warn!(broker = shared.broker.name(), "no events for now: {error:#}"),
                    None => break,
                },
            }
        }
        drop((deliveries, queues));
        while returning.next().await.is_some() {}
        while running.next().await.is_some() {}
    }
}

fn begin(
    shared: Arc<Shared>,
    slot: OwnedSemaphorePermit,
    key: Option<String>,
    delivery: Delivery,
) -> Task<Option<String>> {
    spawn::spawn(async move {
        let handling = one::handle(&shared, slot, delivery, key.as_deref());
        match &key {
            None => handling.await,
            Some(key) => {
                let mut handling = std::pin::pin!(handling);
                let soon = clock::after(SLOW);
                if clock::within(soon, handling.as_mut()).await.is_err() {
                    shared.blocked.add(Some(key));
                    handling.await;
                }
            }
        }
        key
    })
}

/// Returns a delivery that there is no room for.
async fn give_back(Overflow(delivery, delay): Overflow) {
    let (topic, id) = (delivery.event.topic.clone(), delivery.event.id.clone());
    tracing::debug!(topic = topic.as_str(), id, ?delay, "returned to the broker: too many events of its key wait");
    if let Err(error) = delivery.retry(delay).await {
        tracing::warn!(topic = topic.as_str(), id, "will come again: {error:#}");
    }
}

/// Keys whose event fails or takes long, on their way from the handlers to what deals out events.
#[derive(Default)]
struct Blocked {
    keys: Mutex<Vec<String>>,
    changed: Notify,
}

impl Blocked {
    /// Adds the key of an event, if it has one, and says in any case that there may be a slot.
    fn add(&self, key: Option<&str>) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).extend(key.map(str::to_owned));
        self.changed.notify_one();
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    /// Behind which others an event has to wait.
    fn key(&self, event: &Event) -> Option<String> {
        if !self.handling.in_order {
            return None;
        }
        self.handler.key(event).unwrap_or_else(|error| {
            tracing::warn!(topic = event.topic.as_str(), id = event.id, "handled in no order: {error:#}");
            None
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("broker", &self.broker).field("handling", &self.handling).finish_non_exhaustive()
    }
}
