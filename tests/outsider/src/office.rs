use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream;
use micro::broker::{Backend, Broker, Capabilities, Deliveries, Delivery, Event, Pattern, Settle, Subscription};
use micro::prelude::*;
use micro::rpc::BoxFuture;
use tokio::sync::Notify;

micro::scheme!(Broker, "office", "office", |connect| {
    Box::pin(async move { connect.nothing_more().map(|()| Broker::new(Office::default())) })
});

/// A broker that delivers each event at most once to current subscribers, and to the members of a queue in turn.
///
/// Wildcards are the only further capability.
#[derive(Clone, Debug, Default)]
pub struct Office(Arc<Mutex<Vec<Arc<Desk>>>>);

/// Pending events of one subscriber.
#[derive(Debug)]
struct Desk {
    topics: Pattern,
    queue: Option<String>,
    waiting: Mutex<VecDeque<Event>>,
    more: Notify,
}

/// The subscriber's end, which removes its desk on drop.
struct Subscriber(Office, Arc<Desk>);

impl Office {
    fn desks<T>(&self, with: impl FnOnce(&mut Vec<Arc<Desk>>) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Desk {
    fn put(&self, event: &Event) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(event.clone());
        self.more.notify_one();
    }

    async fn take(&self) -> Event {
        loop {
            let event = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match event {
                Some(event) => return event,
                None => self.more.notified().await,
            }
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.0.desks(|desks| desks.retain(|desk| !Arc::ptr_eq(desk, &self.1)));
    }
}

impl Backend for Office {
    fn name(&self) -> String {
        "office".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        can.wildcards = true;
        can
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        for event in events {
            self.desks(|desks| {
                let mut served: Vec<String> = Vec::new();
                let wanted = desks.iter().filter(|desk| desk.topics.matches(&event.topic)).cloned();
                for desk in wanted.collect::<Vec<_>>() {
                    match &desk.queue {
                        Some(queue) if served.contains(queue) => continue,
                        // Moved to the end: the next event goes to another member of the queue.
                        Some(queue) => {
                            served.push(queue.clone());
                            desks.retain(|other| !Arc::ptr_eq(other, &desk));
                            desks.push(desk.clone());
                        }
                        None => {}
                    }
                    desk.put(event);
                }
            });
        }
        Ok(())
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        let desk = Arc::new(Desk {
            topics: subscription.topics.clone(),
            queue: subscription.queue.clone(),
            waiting: Mutex::default(),
            more: Notify::new(),
        });
        self.desks(|desks| desks.push(desk.clone()));
        Ok(Deliveries::new(stream::unfold(Subscriber(self.clone(), desk), async |subscriber| {
            let event = subscriber.1.take().await;
            Some((Ok(Delivery::new(event, 1, Handed)), subscriber))
        })))
    }
}

/// A delivery whose settlement has no effect.
struct Handed;

impl Settle for Handed {
    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn retry(self: Box<Self>, _: std::time::Duration) -> BoxFuture<'static, Result<()>> {
        Box::pin(async { Err(Error::unimplemented("the office hands out an event once")) })
    }

    fn reject(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}
