//! A subscription whose events are handled.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::attempt;
use super::handler::Handler;
use super::key_queue::{KeyQueues, MAX_BLOCKED, Overflow};
use super::options::ConsumerOptions;
use super::shared::{BlockedKeys, LEASE_INTERVAL, Shared};
use crate::broker::{Broker, Deliveries, Delivery, Subscription};
use crate::context::Extensions;
use crate::errors::Result;
use crate::util::clock::{self, MissedTickBehavior};
use crate::util::spawn::{self, Task};

/// Timeout for extending the leases of all waiting events.
const EXTEND_TIMEOUT: Duration = Duration::from_secs(1);
/// Handling time after which the key of an event counts as blocked.
const KEY_BLOCKED_AFTER: Duration = Duration::from_secs(1);

/// Handles the events of a subscription until `stop`; then those that have begun are finished, and the others left to the
/// broker. Dropping the future drops the handlers.
///
/// # Errors
///
/// As [`Broker::subscribe`]; once there is a subscription, nothing.
pub async fn serve(
    broker: &Broker,
    subscription: Subscription,
    handling: ConsumerOptions,
    handler: Arc<dyn Handler>,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    Consumer::begin(broker, subscription, handling, handler, Extensions::new()).await?.run(stop).await;
    Ok(())
}

/// A subscription whose events are about to be handled.
pub(crate) struct Consumer {
    shared: Arc<Shared>,
    deliveries: Deliveries,
}

impl Consumer {
    /// Subscribes. `lent` is what handlers find in their context.
    ///
    /// # Errors
    ///
    /// As [`Broker::subscribe`].
    pub(crate) async fn begin(
        broker: &Broker,
        subscription: Subscription,
        handling: ConsumerOptions,
        handler: Arc<dyn Handler>,
        lent: Extensions,
    ) -> Result<Self> {
        // As many again wait here as are handled, so that none waits for the broker between two, and those behind blocked keys.
        let blocked = if handling.in_order { MAX_BLOCKED } else { 0 };
        let in_flight = handling.concurrency.saturating_mul(2).saturating_add(blocked);
        let deliveries = broker.subscribe(subscription.with_in_flight(in_flight)).await?;
        let slots = Arc::new(Semaphore::new(handling.concurrency.clamp(1, Semaphore::MAX_PERMITS)));
        let shared = Shared { broker: broker.clone(), handling, handler, lent, slots, blocked: BlockedKeys::default() };
        Ok(Consumer { shared: Arc::new(shared), deliveries })
    }

    /// Handles events until `stop`, or until the broker ends the subscription.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let Consumer { shared, mut deliveries } = self;
        let concurrency = shared.handling.concurrency;
        let mut queues = KeyQueues::new(concurrency, shared.broker.capabilities().redelivers);
        let mut running: FuturesUnordered<Task<Option<String>>> = FuturesUnordered::new();
        let mut returning = FuturesUnordered::new();
        let mut extending = clock::interval(LEASE_INTERVAL);
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
        let handling = attempt::handle(&shared, slot, delivery, key.as_deref());
        match &key {
            None => handling.await,
            Some(key) => {
                let mut handling = std::pin::pin!(handling);
                let soon = clock::after(KEY_BLOCKED_AFTER);
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
