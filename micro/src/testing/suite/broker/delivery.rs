//! Promises about deliveries.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::assertions::{PROMISE_TIMEOUT, kept, unique};
use super::check::{bodies, event, next, nothing, published, refused, subscribed, topic};
use super::fixture::Fixture;
use crate::broker::{Event, Subscription, Topic};
use crate::metadata::Metadata;
use crate::util::clock;

/// Every subscriber without a queue gets every event, in the order of its publisher.
pub async fn every_subscriber_gets_every_event(fixture: &impl Fixture) {
    const PROMISE: &str = "every subscriber without a queue gets every event, in order";
    let broker = &fixture.broker().await;
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

/// Events arrive whole: any text, any bytes, a mebibyte, the pairs, the time and the key.
pub async fn events_arrive_whole(fixture: &impl Fixture) {
    const PROMISE: &str = "what was published arrives whole";
    let broker = &fixture.broker().await;
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

/// Patterns take what they match and nothing else.
pub async fn patterns_match(fixture: &impl Fixture) {
    const PROMISE: &str = "a pattern takes what it matches and nothing else";
    let broker = &fixture.broker().await;
    let base = topic();
    if !broker.capabilities().wildcards {
        for pattern in ["*", ">"] {
            let pattern = format!("{base}.{pattern}").parse().expect("a pattern");
            refused(PROMISE, broker, Subscription::new(pattern)).await;
        }
        return;
    }
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
pub async fn many_events(fixture: &impl Fixture) {
    const PROMISE: &str = "many events from many publishers arrive";
    const EACH: usize = 250;
    let broker = &fixture.broker().await;
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
    let until = clock::after(2 * PROMISE_TIMEOUT);
    while seen.len() < 4 * EACH {
        assert!(clock::now() < until, "promise broken: {PROMISE}: {} of {}", seen.len(), 4 * EACH);
        seen.extend(bodies(PROMISE, &mut deliveries, 1).await);
    }
    for publisher in publishers {
        kept(PROMISE, publisher.await);
    }
    nothing(PROMISE, &mut deliveries).await;
}
