//! Promises about subscribers of one queue.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::select_all;

use super::super::assertions::{kept, unique};
use super::check::{bodies, body, event, next, next_by, nothing, published, queue, refused, subscribed, topic};
use super::fixture::Fixture;
use crate::broker::{Event, Subscription};
use crate::errors::Code;
use crate::util::clock;

/// Time after which an event on its way to a subscriber that left must be redelivered: a NATS server of 2.9 can lose track of it
/// until its ack wait has passed.
const REDELIVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// Each event goes to exactly one subscriber of a queue, and to one of every queue.
pub async fn a_queue_shares_its_events(fixture: &impl Fixture) {
    const PROMISE: &str = "each event goes to exactly one subscriber of a queue, and to one of every queue";
    let broker = &fixture.broker().await;
    let (topic, queues) = (topic(), [unique("a"), unique("b")]);
    for queue in &queues {
        let subscription = Subscription::new(topic.clone().into()).with_queue(queue).with_in_flight(4);
        let mut members = Vec::new();
        for _ in 0..3 {
            members.push(subscribed(PROMISE, broker, subscription.clone()).await);
        }
        // The last one is left before anything comes, and gets nothing.
        members.pop();
        for body in 0..40 {
            published(PROMISE, broker, event(&topic, body)).await;
        }
        let mut times = BTreeMap::<String, u32>::new();
        let mut merged = select_all(members);
        for _ in 0..40 {
            let delivery = next(PROMISE, &mut merged).await;
            *times.entry(body(&delivery)).or_default() += 1;
            kept(PROMISE, delivery.ack().await);
        }
        let once = times.len() == 40 && times.values().all(|times| *times == 1);
        assert!(once, "promise broken: {PROMISE}: {times:?}");
        nothing(PROMISE, &mut merged).await;
    }
}

/// Returned events are redelivered, counted, and not before their time; settled events are not.
///
/// A broker that does not redeliver says so when something is returned, and delivers it no second time.
pub async fn what_is_returned_comes_again(fixture: &impl Fixture) {
    const PROMISE: &str = "what is returned comes again, and not before its time";
    let broker = &fixture.broker().await;
    let (can, topic, wait) = (broker.capabilities(), topic(), Duration::from_millis(700));
    let mut deliveries = subscribed(PROMISE, broker, queue(&topic, "again")).await;
    published(PROMISE, broker, event(&topic, "again")).await;
    let first = next(PROMISE, &mut deliveries).await;
    assert_eq!(first.attempt, 1, "promise broken: {PROMISE}");
    let (begun, returned) = (clock::now(), first.retry(wait).await);
    if !can.redelivers {
        let code = returned.map_err(|error| error.code());
        assert_eq!(code, Err(Code::Unimplemented), "promise broken: {PROMISE}: not declared, and yet not refused");
        published(PROMISE, broker, event(&topic, "dropped")).await;
        drop(next(PROMISE, &mut deliveries).await);
        return nothing(PROMISE, &mut deliveries).await;
    }
    kept(PROMISE, returned);
    let numbered = |number| if can.counts_deliveries { number } else { 1 };
    let second = next(PROMISE, &mut deliveries).await;
    assert!(begun.elapsed() >= wait - Duration::from_millis(100), "promise broken: {PROMISE}: {:?}", begun.elapsed());
    assert_eq!((second.attempt, &second.event.body[..]), (numbered(2), &b"again"[..]), "promise broken: {PROMISE}");
    // As if its subscriber had died.
    drop(second);
    let third = next(PROMISE, &mut deliveries).await;
    assert_eq!(third.attempt, numbered(3), "promise broken: {PROMISE}");
    kept(PROMISE, third.extend().await);
    kept(PROMISE, third.ack().await);
    published(PROMISE, broker, event(&topic, "never")).await;
    kept(PROMISE, next(PROMISE, &mut deliveries).await.reject().await);
    nothing(PROMISE, &mut deliveries).await;
}

/// A subscriber has no more events in flight than it asked for.
///
/// A broker that does not redeliver waits for nothing to be settled.
pub async fn a_slow_subscriber_is_not_flooded(fixture: &impl Fixture) {
    const PROMISE: &str = "no more events are in flight than a subscriber asked for";
    let broker = &fixture.broker().await;
    let topic = topic();
    let mut deliveries = subscribed(PROMISE, broker, queue(&topic, "slow").with_in_flight(3)).await;
    for body in 0..10 {
        published(PROMISE, broker, event(&topic, body)).await;
    }
    let at_once = if broker.capabilities().redelivers { 3 } else { 10 };
    let mut held = Vec::new();
    for _ in 0..at_once {
        held.push(next(PROMISE, &mut deliveries).await);
    }
    nothing(PROMISE, &mut deliveries).await;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for delivery in held {
        seen.insert(body(&delivery));
        kept(PROMISE, delivery.ack().await);
    }
    seen.extend(bodies(PROMISE, &mut deliveries, 10 - at_once).await);
    assert_eq!(seen.len(), 10, "promise broken: {PROMISE}: {seen:?}");
}

/// Events that a subscriber has not settled when it is dropped go to others of its queue.
///
/// Without redelivery it is lost with its subscriber, and what is published afterwards is not.
pub async fn nothing_is_lost_with_a_subscriber(fixture: &impl Fixture) {
    const PROMISE: &str = "what a subscriber has not settled goes to others of its queue when it leaves";
    let broker = &fixture.broker().await;
    let can = broker.capabilities();
    let topic = topic();
    let subscription = queue(&topic, "left");
    let mut first = subscribed(PROMISE, broker, subscription.clone()).await;
    published(PROMISE, broker, event(&topic, "held")).await;
    let held = next(PROMISE, &mut first).await;
    let mut second = subscribed(PROMISE, broker, subscription).await;
    drop((held, first));
    if !can.redelivers {
        nothing(PROMISE, &mut second).await;
    }
    published(PROMISE, broker, event(&topic, "more")).await;
    let expected: &[&str] = if can.redelivers { &["held", "more"] } else { &["more"] };
    // At least once: a server of 2.9 delivers the other one again instead. But then it is another delivery of it, and says so.
    let (mut seen, mut deliveries) = (BTreeSet::new(), BTreeSet::new());
    let until = clock::after(REDELIVERY_TIMEOUT);
    while seen.len() < expected.len() {
        let delivery = next_by(PROMISE, &mut second, until).await;
        let body = body(&delivery);
        let counted = !can.counts_deliveries || deliveries.insert((body.clone(), delivery.attempt));
        assert!(counted, "promise broken: {PROMISE}: twice as number {}: {body}", delivery.attempt);
        seen.insert(body);
        kept(PROMISE, delivery.ack().await);
    }
    assert!(seen.iter().eq(expected), "promise broken: {PROMISE}: {seen:?}");
}

/// Deliveries of an event are counted over all processes of its queue.
///
/// A broker that does not count numbers each of them 1.
pub async fn deliveries_are_counted(fixture: &impl Fixture) {
    const PROMISE: &str = "deliveries are counted over all processes of a queue";
    let (one, other) = (fixture.broker().await, fixture.broker().await);
    let can = one.capabilities();
    let topic = topic();
    let subscription = queue(&topic, "counted");
    let mut first = subscribed(PROMISE, &one, subscription.clone()).await;
    published(PROMISE, &one, event(&topic, "counted")).await;
    let delivery = next(PROMISE, &mut first).await;
    assert_eq!(delivery.attempt, 1, "promise broken: {PROMISE}");
    if !can.redelivers {
        let declared = can.counts_deliveries;
        assert!(!declared, "promise broken: {PROMISE}: there is nothing to count, as nothing is delivered again");
        return kept(PROMISE, delivery.ack().await);
    }
    let mut second = subscribed(PROMISE, &other, subscription).await;
    drop((delivery, first));
    let again = next_by(PROMISE, &mut second, clock::after(REDELIVERY_TIMEOUT)).await;
    // A subscriber that leaves may have been given it once more.
    let right = if can.counts_deliveries { again.attempt >= 2 } else { again.attempt == 1 };
    assert!(right, "promise broken: {PROMISE}: number {}", again.attempt);
    kept(PROMISE, again.ack().await);
}

/// While a process of a queue holds an event of a key, events of this key go to no other, and they come in their order.
///
/// A subscription that asks for it is refused by a broker that does not do it.
pub async fn a_key_goes_to_one_process_at_a_time(fixture: &impl Fixture) {
    const PROMISE: &str = "events of a key go to one process of a queue at a time";
    const KEYS: usize = 8;
    const EACH: usize = 5;
    let (one, other) = (fixture.broker().await, fixture.broker().await);
    let topic = topic();
    let subscription = queue(&topic, "ordered").ordered();
    if !one.capabilities().ordered_across_processes {
        return refused(PROMISE, &one, subscription).await;
    }
    let mut members = Vec::new();
    for (number, broker) in [&one, &other].into_iter().enumerate() {
        let deliveries = subscribed(PROMISE, broker, subscription.clone()).await;
        members.push(deliveries.map(move |delivery| delivery.map(|delivery| (number, delivery))).boxed());
    }
    for n in 0..EACH {
        let events: Vec<Event> =
            (0..KEYS).map(|key| event(&topic, format!("{key}-{n}")).with_key(key.to_string())).collect();
        kept(PROMISE, one.publish_all(&events).await);
    }
    let mut members = select_all(members);
    let (mut seen, mut held) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
    let until = clock::after(REDELIVERY_TIMEOUT);
    while seen.values().map(Vec::len).sum::<usize>() < KEYS * EACH {
        // As many as come while nothing is settled: two processes that had events of one key would be seen.
        let quiet = clock::timeout(Duration::from_millis(100), members.next()).await;
        let Ok(next) = quiet else {
            assert!(clock::now() < until, "promise broken: {PROMISE}: only {seen:?}");
            for (_, _, delivery) in held.drain(..) {
                kept(PROMISE, crate::broker::Delivery::ack(delivery).await);
            }
            continue;
        };
        let next = next.unwrap_or_else(|| panic!("promise broken: {PROMISE}: the subscriptions ended"));
        let (number, delivery) = kept(PROMISE, next);
        let key = delivery.event.key.clone().unwrap_or_default();
        let elsewhere = held.iter().find(|(member, other, _)| *other == key && *member != number);
        assert!(elsewhere.is_none(), "promise broken: {PROMISE}: key {key} is at both");
        seen.entry(key.clone()).or_default().push(body(&delivery));
        held.push((number, key, delivery));
    }
    for (key, bodies) in seen {
        let expected: Vec<String> = (0..EACH).map(|n| format!("{key}-{n}")).collect();
        assert_eq!(bodies, expected, "promise broken: {PROMISE}");
    }
}
