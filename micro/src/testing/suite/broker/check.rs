//! Helpers of the broker suite.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};

use super::super::assertions::{kept, soon, unique};
use crate::broker::{Broker, Deliveries, Delivery, Event, Subscription, Topic};
use crate::errors::{Code, Result};
use crate::util::clock::{self, Instant};

/// Time without an event after which none is expected.
const QUIET_TIME: Duration = Duration::from_millis(300);

pub(super) fn topic() -> Topic {
    unique("topic").replace('-', ".").parse().expect("a topic")
}

pub(super) fn event(topic: &Topic, body: impl ToString) -> Event {
    Event::new(topic.clone(), body.to_string())
}

pub(super) fn queue(topic: &Topic, name: &str) -> Subscription {
    Subscription::new(topic.clone().into()).with_queue(unique(name))
}

pub(super) fn body(delivery: &Delivery) -> String {
    String::from_utf8_lossy(&delivery.event.body).into_owned()
}

pub(super) async fn subscribed(promise: &str, broker: &Broker, subscription: Subscription) -> Deliveries {
    kept(promise, soon(promise, broker.subscribe(subscription)).await)
}

pub(super) async fn published(promise: &str, broker: &Broker, event: Event) {
    kept(promise, soon(promise, broker.publish(event)).await);
}

type Pulled = Result<Delivery>;

pub(super) async fn next(promise: &str, deliveries: &mut (impl Stream<Item = Pulled> + Unpin)) -> Delivery {
    let next = soon(promise, deliveries.next()).await;
    kept(promise, next.unwrap_or_else(|| panic!("promise broken: {promise}: the subscription ended")))
}

/// The next delivery, before a time and through failures.
pub(super) async fn next_by(
    promise: &str,
    deliveries: &mut (impl Stream<Item = Pulled> + Unpin),
    until: Instant,
) -> Delivery {
    loop {
        let next = clock::timeout_at(until, deliveries.next()).await;
        let next = next.unwrap_or_else(|_| panic!("promise broken: {promise}: nothing more is delivered"));
        match next {
            Some(Ok(delivery)) => return delivery,
            Some(Err(_)) => {}
            None => panic!("promise broken: {promise}: the subscription ended"),
        }
    }
}

/// The bodies of the next events, each of which is acknowledged.
pub(super) async fn bodies(promise: &str, deliveries: &mut Deliveries, count: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    for _ in 0..count {
        let delivery = next(promise, deliveries).await;
        bodies.push(body(&delivery));
        kept(promise, delivery.ack().await);
    }
    bodies
}

pub(super) async fn nothing(promise: &str, deliveries: &mut (impl Stream<Item = Pulled> + Unpin)) {
    if let Ok(more) = clock::timeout(QUIET_TIME, deliveries.next()).await {
        panic!("promise broken: {promise}: {more:?} was delivered");
    }
}

/// Checks that a broker refuses what it does not declare.
pub(super) async fn refused(promise: &str, broker: &Broker, subscription: Subscription) {
    let Err(error) = soon(promise, broker.subscribe(subscription.clone())).await else {
        panic!("promise broken: {promise}: not declared, and yet not refused: {subscription:?}");
    };
    assert_eq!(error.code(), Code::Unimplemented, "promise broken: {promise}: refused with another code: {error}");
}
