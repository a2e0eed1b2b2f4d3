//! Promises about durability.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::super::assertions::{PROMISE_TIMEOUT, eventually, kept};
use super::super::fixture::Server;
use super::check::{bodies, body, event, next_by, nothing, published, queue, refused, subscribed, topic};
use super::fixture::Fixture;
use crate::broker::{Broker, Deliveries, Start, State, Subscription};
use crate::context::Context;
use crate::errors::Code;
use crate::testing::skip;
use crate::util::{clock, spawn};

const UNCONTROLLED: &str = "the fixture cannot take the server down";

/// Time a broker may take to deliver the events that an outage has delayed.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// A durable queue keeps events while it has no subscriber.
pub async fn a_durable_queue_keeps_events(fixture: &impl Fixture) {
    const PROMISE: &str = "a durable queue keeps events while it has no subscriber";
    let broker = &fixture.broker().await;
    let topic = topic();
    let subscription = queue(&topic, "kept").durable();
    if !broker.capabilities().durable {
        return refused(PROMISE, broker, subscription).await;
    }
    let mut deliveries = subscribed(PROMISE, broker, subscription.clone()).await;
    published(PROMISE, broker, event(&topic, 1)).await;
    assert_eq!(bodies(PROMISE, &mut deliveries, 1).await, ["1"], "promise broken: {PROMISE}");
    drop(deliveries);
    for body in 2..=4 {
        published(PROMISE, broker, event(&topic, body)).await;
    }
    let mut deliveries = subscribed(PROMISE, broker, subscription).await;
    // Some may have been on their way to the one who was leaving: returned, they come behind others.
    let mut kept = bodies(PROMISE, &mut deliveries, 3).await;
    kept.sort();
    assert_eq!(kept, ["2", "3", "4"], "promise broken: {PROMISE}");
    nothing(PROMISE, &mut deliveries).await;
}

/// Earlier events are delivered to subscriptions that ask for them, and to no others.
pub async fn earlier_events_can_be_requested(fixture: &impl Fixture) {
    const PROMISE: &str = "earlier events are delivered to subscriptions that ask for them";
    let broker = &fixture.broker().await;
    let topic = topic();
    let starting = |start| Subscription::new(topic.clone().into()).starting(start);
    if !broker.capabilities().replays {
        refused(PROMISE, broker, starting(Start::Earliest)).await;
        return refused(PROMISE, broker, starting(Start::Since(clock::wall()))).await;
    }
    // A broker keeps events only where it knows that something wants them.
    let mut now = subscribed(PROMISE, broker, starting(Start::New)).await;
    published(PROMISE, broker, event(&topic, "old")).await;
    // Brokers may go by the time at which an event came to them. It is that of calendars, which is not paused.
    let there = clock::wall();
    while clock::wall() < there + Duration::from_millis(50) {
        clock::sleep(Duration::from_millis(1)).await;
    }
    let young = event(&topic, "young");
    published(PROMISE, broker, young.clone()).await;
    assert_eq!(bodies(PROMISE, &mut now, 2).await, ["old", "young"], "promise broken: {PROMISE}");
    let mut all = subscribed(PROMISE, broker, starting(Start::Earliest)).await;
    assert_eq!(bodies(PROMISE, &mut all, 2).await, ["old", "young"], "promise broken: {PROMISE}");
    let since = young.time - Duration::from_millis(20);
    let mut since = subscribed(PROMISE, broker, starting(Start::Since(since))).await;
    assert_eq!(bodies(PROMISE, &mut since, 1).await, ["young"], "promise broken: {PROMISE}");
    let mut new = subscribed(PROMISE, broker, starting(Start::New)).await;
    nothing(PROMISE, &mut new).await;
}

/// An event that is published twice under one id is delivered once.
///
/// On a broker that does not deduplicate these are two events, and both are delivered.
pub async fn an_event_published_twice_is_one(fixture: &impl Fixture) {
    const PROMISE: &str = "an event that is published twice under one id is delivered once";
    let broker = &fixture.broker().await;
    let topic = topic();
    let mut deliveries = subscribed(PROMISE, broker, queue(&topic, "twice")).await;
    let twice = event(&topic, "twice");
    published(PROMISE, broker, twice.clone()).await;
    published(PROMISE, broker, twice).await;
    published(PROMISE, broker, event(&topic, "other")).await;
    let expected: &[&str] =
        if broker.capabilities().deduplicates { &["twice", "other"] } else { &["twice", "twice", "other"] };
    assert_eq!(bodies(PROMISE, &mut deliveries, expected.len()).await, expected, "promise broken: {PROMISE}");
    nothing(PROMISE, &mut deliveries).await;
}

/// Events published without an error reach every queue, also when subscribers die and the server goes down meanwhile.
///
/// A broker that does not promise it cannot promise to keep events either.
pub async fn what_was_published_is_delivered(fixture: &impl Fixture) {
    const PROMISE: &str = "what was published without an error is delivered to every queue";
    const EVENTS: usize = 100;
    let broker = fixture.broker().await;
    let can = broker.capabilities();
    if !can.at_least_once {
        let keeps = can.durable || can.survives_restart;
        assert!(!keeps, "promise broken: {PROMISE}: not declared, and yet events are kept: {can:?}");
        return;
    }
    let topic = topic();
    let queues = [queue(&topic, "one"), queue(&topic, "other")];
    let mut all = Vec::new();
    for queue in &queues {
        all.push(subscribed(PROMISE, &broker, queue.clone()).await);
    }
    let publishing = spawn::spawn({
        let (broker, topic) = (broker.clone(), topic.clone());
        async move {
            for n in 0..EVENTS {
                let event = event(&topic, n);
                while broker.publish(event.clone()).await.is_err() {
                    clock::sleep(Duration::from_millis(10)).await;
                }
                clock::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    match fixture.server() {
        Server::Controlled => {
            fixture.down().await;
            clock::sleep(Duration::from_millis(300)).await;
            fixture.up().await;
        }
        Server::Fixed => skip(&format!("{PROMISE}: {UNCONTROLLED}")),
        Server::None => {}
    }
    let until = clock::after(RECOVERY_TIMEOUT);
    for (mut deliveries, queue) in all.into_iter().zip(queues) {
        let (mut seen, mut deaths) = (BTreeSet::new(), 0);
        while seen.len() < EVENTS {
            let delivery = next_by(PROMISE, &mut deliveries, until).await;
            if seen.len() == EVENTS / 2 && deaths == 0 {
                // It dies with an event in its hands, and another takes its place.
                let next = subscribed(PROMISE, &broker, queue.clone()).await;
                drop((delivery, std::mem::replace(&mut deliveries, next)));
                deaths += 1;
                continue;
            }
            seen.insert(body(&delivery));
            // What the server does not hear of comes again.
            let _ = delivery.ack().await;
        }
    }
    kept(PROMISE, publishing.await);
}

/// A subscription goes on by itself after an outage, of which the broker's state tells.
///
/// A broker without a server is never away.
pub async fn a_subscription_outlives_an_outage(fixture: &impl Fixture) {
    const PROMISE: &str = "a subscription goes on after an outage, of which the broker's state tells";
    let broker = &fixture.broker().await;
    let up = async || broker.state() == State::Up;
    eventually(PROMISE, true, up).await;
    match fixture.server() {
        Server::None => return,
        Server::Fixed => return skip(&format!("{PROMISE}: {UNCONTROLLED}")),
        Server::Controlled => {}
    }
    let topic = topic();
    let mut deliveries = subscribed(PROMISE, broker, queue(&topic, "outage")).await;
    fixture.down().await;
    eventually(PROMISE, false, up).await;
    let within = Context::current().with_timeout(Duration::from_millis(200));
    let Err(error) = within.scope(broker.publish(event(&topic, "lost"))).await else {
        panic!("promise broken: {PROMISE}: an event was published during the outage");
    };
    assert_eq!(error.code(), Code::Unavailable, "promise broken: {PROMISE}: {error}");
    fixture.up().await;
    eventually(PROMISE, true, up).await;
    // A broker that keeps nothing cannot deliver until the subscription is there again.
    let until = clock::after(RECOVERY_TIMEOUT);
    loop {
        assert!(clock::now() < until, "promise broken: {PROMISE}: nothing is delivered after it");
        let _ = broker.publish(event(&topic, "after")).await;
        if let Ok(Some(Ok(delivery))) = clock::timeout(Duration::from_millis(200), deliveries.next()).await {
            let body = body(&delivery);
            kept(PROMISE, delivery.ack().await);
            if body == "after" {
                return;
            }
        }
    }
}

/// Events in a durable queue outlive the broker's own process.
///
/// Where that is not declared, nothing that was published before is delivered after a restart.
pub async fn events_outlive_the_broker(fixture: &impl Fixture) {
    const PROMISE: &str = "events in a durable queue outlive the broker's process";
    let broker = &fixture.broker().await;
    let can = broker.capabilities();
    match (fixture.server(), can.survives_restart) {
        (Server::Controlled, _) => {}
        (Server::Fixed, true) => return skip(&format!("{PROMISE}: {UNCONTROLLED}")),
        (Server::None, true) => panic!("promise broken: {PROMISE}: declared by a broker without a process of its own"),
        (Server::None | Server::Fixed, false) => return,
    }
    let topic = topic();
    let mut subscription = queue(&topic, "restart");
    subscription.durable = can.durable;
    drop(subscribed(PROMISE, broker, subscription.clone()).await);
    for body in 0..3 {
        published(PROMISE, broker, event(&topic, body)).await;
    }
    fixture.down().await;
    fixture.up().await;
    let mut deliveries = resubscribed(PROMISE, broker, subscription).await;
    if !can.survives_restart {
        let more = clock::timeout(Duration::from_secs(1), deliveries.next()).await;
        let delivered = matches!(more, Ok(Some(Ok(_))));
        assert!(!delivered, "promise broken: {PROMISE}: not declared, and yet delivered");
        return;
    }
    let until = clock::after(RECOVERY_TIMEOUT);
    let mut seen = BTreeSet::new();
    while seen.len() < 3 {
        let delivery = next_by(PROMISE, &mut deliveries, until).await;
        seen.insert(body(&delivery));
        kept(PROMISE, delivery.ack().await);
    }
    assert!(seen.iter().eq(["0", "1", "2"]), "promise broken: {PROMISE}: {seen:?}");
}

/// Subscribes once the server is there again.
async fn resubscribed(promise: &str, broker: &Broker, subscription: Subscription) -> Deliveries {
    let until = clock::after(PROMISE_TIMEOUT);
    loop {
        match broker.subscribe(subscription.clone()).await {
            Ok(deliveries) => return deliveries,
            Err(error) => assert!(clock::now() < until, "promise broken: {promise}: {error}"),
        }
        clock::sleep(Duration::from_millis(50)).await;
    }
}
