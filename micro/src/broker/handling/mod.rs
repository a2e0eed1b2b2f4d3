//! What is done with deliveries, once for all brokers: handlers, tries, order, dead letters, and an end without loss.

mod ack;
mod function;
mod given;
mod lanes;
mod one;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

pub use ack::Ack;
pub use function::{function, keyed};
pub use given::Given;

use super::{Broker, Deliveries, Delivery, Event, Subscription, Topic};
use crate::context::Extensions;
use crate::errors::Result;
use crate::rpc::BoxFuture;
use crate::util::spawn::{self, Task};

use lanes::Lanes;

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
const LONGEST_WAIT: Duration = Duration::from_secs(60);

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

    /// With the events of one key one after the other. An event that fails holds up its key until it succeeds or is a dead
    /// letter. It holds among the events that come to one process, and so over all processes of a queue where the broker gives
    /// those of one [`Event::key`] to the same one, as [`direct`](crate::guide::brokers) does while they stay the same. A key that
    /// a handler [finds in the event](Handler::key) is nothing that brokers know of.
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
        let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.backoff.saturating_mul(doubled).min(LONGEST_WAIT)
    }
}

/// What all events of a subscription have in common.
struct Shared {
    broker: Broker,
    handling: Handling,
    handler: Arc<dyn Handler>,
    /// What handlers are lent.
    lent: Extensions,
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
        // As many again wait here as are handled, so that nobody waits for the broker between two.
        let in_flight = handling.concurrency.saturating_mul(2);
        let deliveries = broker.subscribe(subscription.with_in_flight(in_flight)).await?;
        Ok(Serving { shared: Arc::new(Shared { broker: broker.clone(), handling, handler, lent }), deliveries })
    }

    /// Handles events until `stop`, or until the broker ends the subscription.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let Serving { shared, mut deliveries } = self;
        let mut lanes = Lanes::default();
        let mut running: FuturesUnordered<Task<Option<String>>> = FuturesUnordered::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            while running.len() < shared.handling.concurrency
                && let Some((key, delivery)) = lanes.next()
            {
                running.push(begin(shared.clone(), key, delivery));
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(ended) = running.next(), if !running.is_empty() => lanes.free(ended.ok().flatten()),
                next = deliveries.next(), if lanes.waiting() < shared.handling.concurrency => match next {
                    Some(Ok(delivery)) => {
                        let key = shared.key(&delivery.event);
                        lanes.add(delivery, key);
                    }
                    Some(Err(error)) => tracing::warn!(broker = shared.broker.name(), "no events for now: {error:#}"),
                    None => break,
                },
            }
        }
        drop((deliveries, lanes));
        while running.next().await.is_some() {}
    }
}

fn begin(shared: Arc<Shared>, key: Option<String>, delivery: Delivery) -> Task<Option<String>> {
    spawn::spawn(async move {
        one::handle(&shared, delivery, key.is_some()).await;
        key
    })
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
