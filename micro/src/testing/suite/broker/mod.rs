//! The promises of the broker room. [`suite::broker`](super::broker()) goes through all of them; what a broker says it does not
//! do is not asked of it.

mod handling;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;

use super::promise::{PATIENCE, kept, soon, unique};
use crate::broker::{Broker, Deliveries, Delivery, Event, Start, Subscription, Topic};
use crate::metadata::Metadata;
use crate::util::clock;

pub use handling::{
    as_many_are_handled_at_a_time_as_is_said, events_of_one_key_keep_their_order,
    what_fails_is_a_dead_letter_after_its_tries, what_has_begun_is_finished_at_the_end,
};

/// How long nothing has to happen until it is taken for not happening.
const QUIET: Duration = Duration::from_millis(300);

fn topic() -> Topic {
    unique("topic").replace('-', ".").parse().expect("a topic")
}

fn event(topic: &Topic, body: impl ToString) -> Event {
    Event::new(topic.clone(), body.to_string())
}

async fn subscribed(promise: &str, broker: &Broker, subscription: Subscription) -> Deliveries {
    kept(promise, soon(promise, broker.subscribe(subscription)).await)
}

async fn published(promise: &str, broker: &Broker, event: Event) {
    kept(promise, soon(promise, broker.publish(event)).await);
}

async fn next(promise: &str, deliveries: &mut Deliveries) -> Delivery {
    let next = soon(promise, deliveries.next()).await;
    kept(promise, next.unwrap_or_else(|| panic!("promise broken: {promise}: the subscription ended")))
}

/// The bodies of the next events, each of which is acknowledged.
async fn bodies(promise: &str, deliveries: &mut Deliveries, count: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    for _ in 0..count {
        let delivery = next(promise, deliveries).await;
        bodies.push(String::from_utf8_lossy(&delivery.event.body).into_owned());
        kept(promise, delivery.ack().await);
    }
    bodies
}

async fn nothing(promise: &str, deliveries: &mut Deliveries) {
    if let Ok(more) = clock::timeout(QUIET, deliveries.next()).await {
        panic!("promise broken: {promise}: {more:?} was delivered");
    }
}

/// Every subscriber without a queue gets every event, in the order of its publisher.
pub async fn everybody_gets_every_event(broker: &Broker) {
    const PROMISE: &str = "every subscriber without a queue gets every event, in order";
    let topic = topic();
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(subscribed(PROMISE, broker, Subscription::new(topic.clone().into())).await);
    }
    for body in 0..20 {
        published(PROMISE, broker, event(&topic, body)).await;
    }
    let expected: Vec<String> = (0..20).map(|body| body.to_string()).collect();
    for deliveries in &mut all {
        assert_eq!(bodies(PROMISE, deliveries, 20).await, expected, "promise broken: {PROMISE}");
        nothing(PROMISE, deliveries).await;
    }
}

/// Each event goes to exactly one of a queue, and to one of every queue.
pub async fn a_queue_shares_its_events(broker: &Broker) {
    const PROMISE: &str = "each event goes to exactly one of a queue, and to one of every queue";
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
        let mut merged = futures_util::stream::select_all(members);
        for _ in 0..40 {
            let delivery = next_of(PROMISE, &mut merged).await;
            *times.entry(String::from_utf8_lossy(&delivery.event.body).into_owned()).or_default() += 1;
            kept(PROMISE, delivery.ack().await);
        }
        let once = times.len() == 40 && times.values().all(|times| *times == 1);
        assert!(once, "promise broken: {PROMISE}: {times:?}");
        if let Ok(more) = clock::timeout(QUIET, merged.next()).await {
            panic!("promise broken: {PROMISE}: {more:?} was delivered as well");
        }
    }
}

async fn next_of(
    promise: &str,
    merged: &mut (impl futures_util::Stream<Item = crate::errors::Result<Delivery>> + Unpin),
) -> Delivery {
    let next = soon(promise, merged.next()).await;
    kept(promise, next.unwrap_or_else(|| panic!("promise broken: {promise}: the subscriptions ended")))
}

/// What was published arrives whole: any text, any bytes, a mebibyte, the pairs, the time and the key.
pub async fn events_arrive_whole(broker: &Broker) {
    const PROMISE: &str = "what was published arrives whole";
    let topic: Topic = format!("{}.größe.消息", topic()).parse().expect("a topic");
    let mut deliveries = subscribed(PROMISE, broker, Subscription::new(topic.clone().into())).await;
    let mut metadata = Metadata::new();
    kept(PROMISE, metadata.append("tenant", "grün 🌱"));
    kept(PROMISE, metadata.append("tenant", "a: b"));
    kept(PROMISE, metadata.append("empty", ""));
    let every_byte: Vec<u8> = (0..=255).collect();
    for body in [Vec::new(), every_byte, vec![7; 1024 * 1024 - 16 * 1024]] {
        let sent = Event::new(topic.clone(), body)
            .with_content_type("application/x-anything; charset=none")
            .with_key("schlüssel")
            .with_metadata(metadata.clone());
        published(PROMISE, broker, sent.clone()).await;
        let delivery = next(PROMISE, &mut deliveries).await;
        assert_eq!(delivery.attempt, 1, "promise broken: {PROMISE}");
        let event = &delivery.event;
        assert!(event.body == sent.body, "promise broken: {PROMISE}: {event:?} instead of {sent:?}");
        // Clocks of brokers count in microseconds at least.
        let apart = event.time.duration_since(sent.time).unwrap_or_else(|early| early.duration());
        assert!(apart < Duration::from_millis(1), "promise broken: {PROMISE}: {apart:?} apart");
        let whole = Event { time: sent.time, ..event.clone() };
        assert_eq!(whole, sent, "promise broken: {PROMISE}");
        assert_eq!(event.metadata, sent.metadata, "promise broken: {PROMISE}");
        kept(PROMISE, delivery.ack().await);
    }
}

/// What is given back comes again, counted, and not before its time; what is done with or given up does not.
pub async fn what_is_given_back_comes_again(broker: &Broker) {
    const PROMISE: &str = "what is given back comes again, and not before its time";
    if !broker.capabilities().redelivers {
        return;
    }
    let (topic, wait) = (topic(), Duration::from_millis(700));
    let subscription = Subscription::new(topic.clone().into()).with_queue(unique("again"));
    let mut deliveries = subscribed(PROMISE, broker, subscription).await;
    published(PROMISE, broker, event(&topic, "again")).await;
    let first = next(PROMISE, &mut deliveries).await;
    let begun = clock::now();
    kept(PROMISE, first.retry(wait).await);
    let second = next(PROMISE, &mut deliveries).await;
    assert!(begun.elapsed() >= wait - Duration::from_millis(100), "promise broken: {PROMISE}: {:?}", begun.elapsed());
    assert_eq!((second.attempt, &second.event.body[..]), (2, &b"again"[..]), "promise broken: {PROMISE}");
    // As if its subscriber had died.
    drop(second);
    let third = next(PROMISE, &mut deliveries).await;
    assert_eq!(third.attempt, 3, "promise broken: {PROMISE}");
    kept(PROMISE, third.extend().await);
    kept(PROMISE, third.ack().await);
    published(PROMISE, broker, event(&topic, "never")).await;
    kept(PROMISE, next(PROMISE, &mut deliveries).await.reject().await);
    nothing(PROMISE, &mut deliveries).await;
}

/// A subscriber has no more events under way than it asked for.
pub async fn a_slow_subscriber_is_not_flooded(broker: &Broker) {
    const PROMISE: &str = "no more events are under way than a subscriber asked for";
    if !broker.capabilities().redelivers {
        return;
    }
    let topic = topic();
    let subscription = Subscription::new(topic.clone().into()).with_queue(unique("slow")).with_in_flight(3);
    let mut deliveries = subscribed(PROMISE, broker, subscription).await;
    for body in 0..10 {
        published(PROMISE, broker, event(&topic, body)).await;
    }
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(next(PROMISE, &mut deliveries).await);
    }
    nothing(PROMISE, &mut deliveries).await;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for delivery in held {
        seen.insert(String::from_utf8_lossy(&delivery.event.body).into_owned());
        kept(PROMISE, delivery.ack().await);
    }
    seen.extend(bodies(PROMISE, &mut deliveries, 7).await);
    assert_eq!(seen.len(), 10, "promise broken: {PROMISE}: {seen:?}");
}

/// What a subscriber has not settled when it is dropped goes to others of its queue.
pub async fn nothing_is_lost_with_a_subscriber(broker: &Broker) {
    const PROMISE: &str = "what a subscriber has not settled goes to others of its queue when it leaves";
    // What was on its way to the one who left may be found again only when the time has passed in which it should have been
    // settled: a NATS server of 2.9 can lose sight of it until then.
    const LATEST: Duration = Duration::from_secs(60);
    if !broker.capabilities().redelivers {
        return;
    }
    let topic = topic();
    let subscription = Subscription::new(topic.clone().into()).with_queue(unique("left"));
    let mut first = subscribed(PROMISE, broker, subscription.clone()).await;
    published(PROMISE, broker, event(&topic, "held")).await;
    let held = next(PROMISE, &mut first).await;
    let mut second = subscribed(PROMISE, broker, subscription).await;
    drop((held, first));
    published(PROMISE, broker, event(&topic, "more")).await;
    // At least once: that server delivers the other one again instead. But then it is another delivery of it, and says so.
    let (mut seen, mut deliveries) = (BTreeSet::new(), BTreeSet::new());
    let until = clock::after(LATEST);
    while seen.len() < 2 {
        let next = clock::timeout_at(until, second.next()).await;
        let next = next.unwrap_or_else(|_| panic!("promise broken: {PROMISE}: only {seen:?} after {LATEST:?}"));
        let delivery =
            kept(PROMISE, next.unwrap_or_else(|| panic!("promise broken: {PROMISE}: the subscription ended")));
        let body = String::from_utf8_lossy(&delivery.event.body).into_owned();
        let counted = !broker.capabilities().counts_deliveries || deliveries.insert((body.clone(), delivery.attempt));
        assert!(counted, "promise broken: {PROMISE}: twice as number {}: {body}", delivery.attempt);
        seen.insert(body);
        kept(PROMISE, delivery.ack().await);
    }
    assert!(seen.iter().eq(["held", "more"]), "promise broken: {PROMISE}: {seen:?}");
}

/// A durable queue keeps events while nobody is there.
pub async fn a_durable_queue_waits(broker: &Broker) {
    const PROMISE: &str = "a durable queue keeps events while nobody is there";
    if !broker.capabilities().durable {
        return;
    }
    let topic = topic();
    let subscription = Subscription::new(topic.clone().into()).with_queue(unique("kept")).durable();
    let mut deliveries = subscribed(PROMISE, broker, subscription.clone()).await;
    published(PROMISE, broker, event(&topic, 1)).await;
    assert_eq!(bodies(PROMISE, &mut deliveries, 1).await, ["1"], "promise broken: {PROMISE}");
    drop(deliveries);
    for body in 2..=4 {
        published(PROMISE, broker, event(&topic, body)).await;
    }
    let mut deliveries = subscribed(PROMISE, broker, subscription).await;
    // Some may have been on their way to the one who was leaving: given back, they come behind others.
    let mut kept = bodies(PROMISE, &mut deliveries, 3).await;
    kept.sort();
    assert_eq!(kept, ["2", "3", "4"], "promise broken: {PROMISE}");
    nothing(PROMISE, &mut deliveries).await;
}

/// Events of earlier are there for those who ask for them, and for nobody else.
pub async fn earlier_events_can_be_had(broker: &Broker) {
    const PROMISE: &str = "events of earlier are there for those who ask for them";
    if !broker.capabilities().replays {
        return;
    }
    let topic = topic();
    // Whoever keeps events has to know that somebody wants them.
    let mut now = subscribed(PROMISE, broker, Subscription::new(topic.clone().into())).await;
    published(PROMISE, broker, event(&topic, "old")).await;
    // Brokers may go by the time at which an event came to them. It is that of calendars, which is not paused.
    let there = clock::wall();
    while clock::wall() < there + Duration::from_millis(50) {
        clock::sleep(Duration::from_millis(1)).await;
    }
    let young = event(&topic, "young");
    published(PROMISE, broker, young.clone()).await;
    assert_eq!(bodies(PROMISE, &mut now, 2).await, ["old", "young"], "promise broken: {PROMISE}");
    let starting = |start| Subscription::new(topic.clone().into()).starting(start);
    let mut all = subscribed(PROMISE, broker, starting(Start::Earliest)).await;
    assert_eq!(bodies(PROMISE, &mut all, 2).await, ["old", "young"], "promise broken: {PROMISE}");
    let since = young.time - Duration::from_millis(20);
    let mut since = subscribed(PROMISE, broker, starting(Start::Since(since))).await;
    assert_eq!(bodies(PROMISE, &mut since, 1).await, ["young"], "promise broken: {PROMISE}");
    let mut new = subscribed(PROMISE, broker, starting(Start::New)).await;
    nothing(PROMISE, &mut new).await;
}

/// Patterns take what they match and nothing else.
pub async fn patterns_are_kept(broker: &Broker) {
    const PROMISE: &str = "a pattern takes what it matches and nothing else";
    if !broker.capabilities().wildcards {
        return;
    }
    let base = topic();
    let below = |rest: &str| -> Topic { format!("{base}.{rest}").parse().expect("a topic") };
    for (pattern, expected) in [("*", vec!["a", "b"]), (">", vec!["a", "a.b", "b", "b.c.d"]), ("*.b", vec!["a.b"])] {
        let pattern = format!("{base}.{pattern}").parse().expect("a pattern");
        let mut deliveries = subscribed(PROMISE, broker, Subscription::new(pattern)).await;
        for rest in ["a", "a.b", "b", "b.c.d"] {
            published(PROMISE, broker, event(&below(rest), rest)).await;
        }
        assert_eq!(bodies(PROMISE, &mut deliveries, expected.len()).await, expected, "promise broken: {PROMISE}");
        nothing(PROMISE, &mut deliveries).await;
    }
}

/// Many events from many publishers arrive, each once.
pub async fn many_events(broker: &Broker) {
    const PROMISE: &str = "many events from many publishers arrive";
    const EACH: usize = 250;
    let topic = topic();
    let subscription = Subscription::new(topic.clone().into()).with_queue(unique("many")).with_in_flight(256);
    let mut deliveries = subscribed(PROMISE, broker, subscription).await;
    let publishers = (0..4).map(|publisher| {
        let (broker, topic) = (broker.clone(), topic.clone());
        crate::util::spawn::spawn(async move {
            for part in (0..EACH).collect::<Vec<_>>().chunks(25) {
                let events: Vec<Event> = part.iter().map(|n| event(&topic, format!("{publisher}-{n}"))).collect();
                kept(PROMISE, broker.publish_all(&events).await);
            }
        })
    });
    let publishers: Vec<_> = publishers.collect();
    let mut seen = BTreeSet::new();
    let until = clock::after(2 * PATIENCE);
    while seen.len() < 4 * EACH {
        assert!(clock::now() < until, "promise broken: {PROMISE}: {} of {}", seen.len(), 4 * EACH);
        seen.extend(bodies(PROMISE, &mut deliveries, 1).await);
    }
    for publisher in publishers {
        kept(PROMISE, publisher.await);
    }
    nothing(PROMISE, &mut deliveries).await;
}
