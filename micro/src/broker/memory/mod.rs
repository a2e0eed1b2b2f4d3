//! A broker in the memory of this process: the reference, and the one for tests.

mod queue;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream;

use super::{Backend, Broker, Capabilities, Deliveries, Event, Start, Subscription};
use crate::errors::{Error, Result};
use crate::util::clock;

use queue::{GroupQueue, QueueMember};

/// Maximum number of events retained for later subscribers.
const MAX_RETAINED: usize = 1_000;
/// Time a publisher waits for subscribers that are behind.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(1);

/// A broker in the memory of this process.
///
/// Clones share their events; each [`Memory::new`] is empty and on its own. It keeps its promises as long as the process
/// lives: an event that was published waits in every queue until it is settled. The last thousand events are there for
/// subscribers that start earlier than now. A queue holds ten thousand events that are not consumed; a publisher then waits
/// for a second and fails with [`ResourceExhausted`](crate::Code::ResourceExhausted).
#[derive(Clone, Default)]
pub struct Memory(Arc<Shared>);

crate::scheme!(Broker, "memory", "memory", |connect| {
    Box::pin(async move { connect.nothing_more().map(|()| Broker::memory()) })
});

#[derive(Default)]
struct Shared(Mutex<Known>);

#[derive(Default)]
struct Known {
    queues: Vec<Arc<GroupQueue>>,
    events: VecDeque<Event>,
}

impl Memory {
    /// A broker without events.
    pub fn new() -> Self {
        Self::default()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an event into every queue that is about it, or into none: then it gives one that has no room.
    fn hand_over(&self, event: &Event) -> Result<(), Arc<GroupQueue>> {
        let mut known = self.known();
        let about = known.queues.iter().filter(|queue| queue.topics().matches(&event.topic));
        let about: Vec<_> = about.cloned().collect();
        if let Some(full) = about.iter().find(|queue| queue.is_full()) {
            return Err(full.clone());
        }
        about.iter().for_each(|queue| queue.add(event.clone()));
        if known.events.len() == MAX_RETAINED {
            known.events.pop_front();
        }
        known.events.push_back(event.clone());
        Ok(())
    }

    fn join(&self, subscription: &Subscription) -> QueueMember {
        let mut known = self.known();
        // Abandoned queues are removed here: a subscriber that leaves does not know of the others.
        known.queues.retain(|queue| !queue.is_left());
        let shared = known.queues.iter().find(|queue| queue.is(subscription)).cloned();
        let queue = shared.unwrap_or_else(|| {
            let queue = Arc::new(GroupQueue::new(subscription));
            let earlier = known.events.iter().filter(|event| match subscription.start {
                Start::New => false,
                Start::Earliest => true,
                Start::Since(time) => event.time >= time,
            });
            earlier.filter(|event| queue.topics().matches(&event.topic)).cloned().for_each(|event| queue.add(event));
            known.queues.push(queue.clone());
            queue
        });
        QueueMember::join(queue, subscription.in_flight)
    }
}

impl Backend for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            at_least_once: true,
            durable: true,
            redelivers: true,
            counts_deliveries: true,
            ordered_across_processes: true,
            replays: true,
            wildcards: true,
            ..Capabilities::default()
        }
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        let until = clock::after(PUBLISH_TIMEOUT);
        for event in events {
            while let Err(full) = self.hand_over(event) {
                clock::timeout_at(until, full.room()).await.map_err(|_| {
                    Error::resource_exhausted(format!("`{}` has subscribers that are behind: {full}", event.topic))
                })?;
            }
        }
        Ok(())
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        let member = self.join(subscription);
        Ok(Deliveries::new(stream::unfold(member, async |member| Some((Ok(member.next().await), member)))))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} queues)", self.known().queues.len())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;
    use crate::Code;

    mod suite {
        use super::Broker;

        crate::testing::suite! {
            #[tokio::test(start_paused = true)]
            broker(Broker::memory())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn subscribers_that_are_behind_are_bounded_and_hold_up_nobody_once_they_leave() {
        let broker = Broker::memory();
        let mut behind = broker.subscribe(Subscription::new("shop.orders".parse().unwrap())).await.unwrap();
        let event = Event::new("shop.orders".parse().unwrap(), "");
        broker.publish_all(&vec![event.clone(); 10_000]).await.unwrap();
        let error = broker.publish(event.clone()).await.unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        assert!(error.message().contains("a subscriber of `shop.orders` has 10000 events waiting"), "{error}");
        let waiting = broker.publish(event.clone());
        let (published, _taken) = tokio::join!(waiting, behind.next());
        published.unwrap();
        drop(behind);
        broker.publish_all(&vec![event; 20_000]).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_durable_queue_needs_a_name() {
        let subscription = Subscription::new("a".parse().unwrap()).durable();
        let error = Broker::memory().subscribe(subscription).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
}
