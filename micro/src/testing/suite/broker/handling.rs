//! Promises to handlers, with any broker.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::super::assertions::{eventually, kept, soon};
use super::check::{body, event, next, next_by, nothing, published, queue, subscribed, topic};
use super::fixture::Fixture;
use crate::broker::handling::{self, Consumer, EventRequest};
use crate::broker::{Broker, ConsumerOptions, Event, Handler, Subscription, Topic};
use crate::context::Extensions;
use crate::errors::Error;
use crate::metadata::Metadata;
use crate::util::{clock, spawn};

/// Handlers on a queue of their own, while `publish` publishes; then they are stopped as a program stops them.
async fn handled(
    promise: &str,
    broker: &Broker,
    topic: &Topic,
    handling: ConsumerOptions,
    handler: Arc<dyn Handler>,
    publish: impl Future<Output = ()>,
) {
    let subscription = queue(topic, "handlers");
    let serving =
        kept(promise, soon(promise, Consumer::begin(broker, subscription, handling, handler, Extensions::new())).await);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = spawn::spawn(serving.run(async { drop(stopped.await) }));
    publish.await;
    drop(stop);
    kept(promise, soon(promise, running).await);
}

/// Events in the order in which handling began.
#[derive(Clone, Default)]
struct Begun(Arc<Mutex<Vec<(String, u32)>>>);

impl Begun {
    fn add(&self, request: &EventRequest) -> String {
        let body = String::from_utf8_lossy(&request.event().body).into_owned();
        self.all().push((body.clone(), request.attempt()));
        body
    }

    fn all(&self) -> MutexGuard<'_, Vec<(String, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait_for(&self, promise: &str, count: usize) {
        eventually(promise, true, async || self.all().len() >= count).await;
    }
}

/// An event that fails is tried as often as is said, and then is on the topic of the dead, with the reason.
pub async fn what_fails_is_a_dead_letter_after_its_tries(fixture: &impl Fixture) {
    const PROMISE: &str = "an event that fails is a dead letter after exactly its tries";
    let broker = &fixture.broker().await;
    let topic = topic();
    let dead = kept(PROMISE, topic.dead_letters());
    let mut letters = subscribed(PROMISE, broker, Subscription::new(dead.into())).await;
    let begun = Begun::default();
    let handler = handling::handler_fn({
        let begun = begun.clone();
        move |request| {
            let body = begun.add(&request);
            async move {
                match &*body {
                    "poison" => Err(Error::invalid_argument("it is poison")),
                    "panic" => panic!("told by the suite, which tests what becomes of it"),
                    _ => Ok(()),
                }
            }
        }
    });
    let once = ConsumerOptions::default().with_tries(3, Duration::from_millis(20));
    handled(PROMISE, broker, &topic, once, handler, async {
        for body in ["poison", "panic", "fine"] {
            let mut metadata = Metadata::new();
            kept(PROMISE, metadata.insert("tenant", "acme"));
            published(PROMISE, broker, event(&topic, body).with_key("k").with_metadata(metadata)).await;
        }
        let mut seen = BTreeSet::new();
        for _ in 0..2 {
            let letter = next(PROMISE, &mut letters).await;
            let said = |name: &str| letter.event.metadata.get(name).unwrap_or_default().to_owned();
            let (from, tries) = (said("micro-dead-topic"), said("micro-dead-tries"));
            assert_eq!((&*from, &*tries), (topic.as_str(), "3"), "promise broken: {PROMISE}");
            assert_eq!((said("tenant"), letter.event.key.as_deref()), ("acme".into(), Some("k")));
            seen.insert((String::from_utf8_lossy(&letter.event.body).into_owned(), said("micro-dead-reason")));
            kept(PROMISE, letter.ack().await);
        }
        let bodies: Vec<&str> = seen.iter().map(|(body, _)| &**body).collect();
        assert_eq!(bodies, ["panic", "poison"], "promise broken: {PROMISE}");
        let reason = seen.iter().find(|(body, _)| body == "poison").map(|(_, reason)| &**reason);
        assert_eq!(reason, Some("invalid_argument: it is poison"), "promise broken: {PROMISE}");
        nothing(PROMISE, &mut letters).await;
    })
    .await;
    let mut tries = begun.all().clone();
    tries.sort();
    let three = |body: &str| (1..=3).map(|attempt| (body.to_owned(), attempt)).collect::<Vec<_>>();
    let expected = [vec![("fine".to_owned(), 1)], three("panic"), three("poison")].concat();
    assert_eq!(tries, expected, "promise broken: {PROMISE}");
}

/// Events of one key are handled one after the other in the order of their publisher, also when one fails; those of others
/// go on meanwhile.
pub async fn events_of_one_key_keep_their_order(fixture: &impl Fixture) {
    const PROMISE: &str = "events of one key are handled in their order";
    let broker = &fixture.broker().await;
    let topic = topic();
    let begun = Begun::default();
    let handler = handling::handler_fn({
        let begun = begun.clone();
        move |request| {
            begun.add(&request);
            async move {
                let fails = request.event().body.ends_with(b"-3") && request.attempt() < 3;
                if fails { Err(Error::unavailable("not yet")) } else { Ok(()) }
            }
        }
    });
    let in_order = ConsumerOptions::default().with_tries(5, Duration::from_millis(20)).in_order();
    handled(PROMISE, broker, &topic, in_order, handler, async {
        for n in 0..8 {
            for key in ["a", "b", "c"] {
                published(PROMISE, broker, event(&topic, format!("{key}-{n}")).with_key(key)).await;
            }
        }
        // Each key has one that is tried three times.
        begun.wait_for(PROMISE, 3 * (8 + 2)).await;
    })
    .await;
    for key in ["a", "b", "c"] {
        let begun = begun.all();
        let seen: Vec<&str> = begun.iter().map(|(body, _)| &**body).filter(|body| body.starts_with(key)).collect();
        let expected: Vec<String> = [0, 1, 2, 3, 3, 3, 4, 5, 6, 7].map(|n| format!("{key}-{n}")).into();
        assert_eq!(seen, expected, "promise broken: {PROMISE}");
    }
}

/// No more events are handled at a time than is said, and as many as that are.
pub async fn concurrency_is_reached_and_not_exceeded(fixture: &impl Fixture) {
    const PROMISE: &str = "as many events are handled at a time as is said";
    const AT_A_TIME: usize = 3;
    let broker = &fixture.broker().await;
    let topic = topic();
    let (running, most, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Begun::default());
    let handler = handling::handler_fn({
        let (running, most, done) = (running.clone(), most.clone(), done.clone());
        move |request| {
            let (running, most, done) = (running.clone(), most.clone(), done.clone());
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Until there are as many as there may be, and a little longer, so that one too many would be seen.
                let full = async || most.load(Ordering::SeqCst) >= AT_A_TIME;
                eventually(PROMISE, true, full).await;
                clock::sleep(Duration::from_millis(5)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                done.add(&request);
                Ok(())
            }
        }
    });
    handled(PROMISE, broker, &topic, ConsumerOptions::default().with_concurrency(AT_A_TIME), handler, async {
        let events: Vec<Event> = (0..20).map(|n| event(&topic, n)).collect();
        kept(PROMISE, soon(PROMISE, broker.publish_all(&events)).await);
        done.wait_for(PROMISE, 20).await;
    })
    .await;
    assert_eq!(most.load(Ordering::SeqCst), AT_A_TIME, "promise broken: {PROMISE}");
}

/// At the end of a program events that have begun are finished and settled, and what has not begun goes to others, where the broker
/// redelivers.
pub async fn what_has_begun_is_finished_at_the_end(fixture: &impl Fixture) {
    const PROMISE: &str = "at the end what has begun is finished, and the rest goes to others";
    let broker = &fixture.broker().await;
    let topic = topic();
    let queue = queue(&topic, "end");
    let (begun, ended) = (Begun::default(), Begun::default());
    let handler = handling::handler_fn({
        let (begun, ended) = (begun.clone(), ended.clone());
        move |request| {
            let ended = ended.clone();
            begun.add(&request);
            async move {
                clock::sleep(Duration::from_millis(300)).await;
                ended.add(&request);
                Ok(())
            }
        }
    });
    let two = ConsumerOptions::default().with_concurrency(2);
    let serving = Consumer::begin(broker, queue.clone(), two, handler, Extensions::new());
    let serving = kept(PROMISE, soon(PROMISE, serving).await);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = spawn::spawn(serving.run(async { drop(stopped.await) }));
    let events: Vec<Event> = (0..6).map(|n| event(&topic, n)).collect();
    kept(PROMISE, soon(PROMISE, broker.publish_all(&events)).await);
    begun.wait_for(PROMISE, 1).await;
    let mut other = subscribed(PROMISE, broker, queue).await;
    drop(stop);
    kept(PROMISE, soon(PROMISE, running).await);
    let mut all: Vec<String> = ended.all().iter().map(|(body, _)| body.clone()).collect();
    assert_eq!(begun.all().len(), all.len(), "promise broken: {PROMISE}: one was dropped half-way");
    if !broker.capabilities().redelivers {
        return nothing(PROMISE, &mut other).await;
    }
    let until = clock::after(Duration::from_secs(60));
    while all.len() < 6 {
        let delivery = next_by(PROMISE, &mut other, until).await;
        let body = body(&delivery);
        // At least once: what a server had not heard of in time may come again.
        if !all.contains(&body) {
            all.push(body);
        }
        kept(PROMISE, delivery.ack().await);
    }
    all.sort();
    assert_eq!(all, ["0", "1", "2", "3", "4", "5"], "promise broken: {PROMISE}");
}
