use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::oneshot;

use super::*;
use crate::broker::{Broker, Deliveries, Event, Start, Subscription};
use crate::errors::{Error, Result};
use crate::rpc::BoxFuture;
use crate::util::clock::{self, Instant};
use crate::util::spawn::{self, Task};

/// Notes what it is given, and does with it what its body says.
#[derive(Default)]
struct Notes {
    seen: Mutex<Vec<(String, u32, Instant)>>,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Notes {
    fn bodies(&self) -> Vec<(String, u32)> {
        self.seen.lock().unwrap().iter().map(|(body, attempt, _)| (body.clone(), *attempt)).collect()
    }

    fn times(&self) -> Vec<Instant> {
        self.seen.lock().unwrap().iter().map(|(.., at)| *at).collect()
    }
}

impl Handler for Notes {
    fn handle(&self, request: EventRequest) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let (event, attempt) = (request.event(), request.attempt());
            let body = String::from_utf8_lossy(&event.body).into_owned();
            self.seen.lock().unwrap().push((body.clone(), attempt, clock::now()));
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(running, Ordering::SeqCst);
            let outcome = match body.split(' ').next() {
                Some("poison") => Err(Error::invalid_argument("it is poison")),
                Some("panic") => {
                    self.running.fetch_sub(1, Ordering::SeqCst);
                    panic!("boom")
                }
                Some("late") if attempt < 3 => Err(Error::unavailable("not yet")),
                Some("slow") => {
                    clock::sleep(Duration::from_secs(1)).await;
                    Ok(())
                }
                _ => Ok(()),
            };
            self.running.fetch_sub(1, Ordering::SeqCst);
            outcome
        })
    }
}

struct World {
    broker: Broker,
    notes: Arc<Notes>,
    stop: Option<oneshot::Sender<()>>,
    serving: Task<Result<()>>,
}

async fn world(handling: ConsumerOptions) -> World {
    let (broker, notes) = (Broker::memory(), Arc::new(Notes::default()));
    let (stop, stopped) = oneshot::channel();
    let serving = spawn::spawn({
        let (broker, notes) = (broker.clone(), notes.clone());
        let subscription = Subscription::new("shop.*".parse().unwrap()).with_queue("test").durable();
        async move { serve(&broker, subscription, handling, notes, async { drop(stopped.await) }).await }
    });
    // Until it has subscribed.
    clock::sleep(Duration::from_millis(1)).await;
    World { broker, notes, stop: Some(stop), serving }
}

impl World {
    async fn publish(&self, key: Option<&str>, body: &str) {
        let event = Event::new("shop.orders".parse().unwrap(), body.to_owned());
        let event = key.into_iter().fold(event, |event, key| event.with_key(key));
        self.broker.publish(event).await.unwrap();
    }

    async fn stop(mut self) -> Arc<Notes> {
        drop(self.stop.take());
        self.serving.await.unwrap().unwrap();
        self.notes
    }

    async fn dead(&self) -> Deliveries {
        let all = Subscription::new("shop.orders.dlq".parse().unwrap()).starting(Start::Earliest);
        self.broker.subscribe(all).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_tried_as_often_as_is_said_and_then_is_a_dead_letter_with_its_reason() {
    for in_order in [false, true] {
        let handling = ConsumerOptions::default().with_tries(3, Duration::from_millis(100));
        let world = world(if in_order { handling.in_order() } else { handling }).await;
        for body in ["poison 1", "panic 2", "fine 3"] {
            world.publish(Some(body), body).await;
        }
        clock::sleep(Duration::from_secs(5)).await;
        let mut seen = world.notes.bodies();
        seen.sort();
        let three = |body: &str| (1..=3).map(|attempt| (body.to_owned(), attempt)).collect::<Vec<_>>();
        assert_eq!(seen, [vec![("fine 3".to_owned(), 1)], three("panic 2"), three("poison 1")].concat());
        let mut dead = world.dead().await;
        let mut reasons = HashMap::new();
        for _ in 0..2 {
            let letter = dead.next().await.unwrap().unwrap();
            let said = |name: &str| letter.event.metadata.get(name).unwrap().to_owned();
            assert_eq!((said("micro-dead-topic"), said("micro-dead-tries")), ("shop.orders".into(), "3".into()));
            reasons.insert(letter.event.key.clone().unwrap(), said("micro-dead-reason"));
            letter.ack().await.unwrap();
        }
        assert_eq!(reasons["poison 1"], "invalid_argument: it is poison");
        assert!(reasons["panic 2"].starts_with("internal"), "{reasons:?}");
        assert!(clock::timeout(Duration::from_secs(1), dead.next()).await.is_err(), "no more of them");
        world.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn tries_are_further_and_further_apart() {
    let world = world(ConsumerOptions::default().with_tries(9, Duration::from_secs(1))).await;
    world.publish(None, "late").await;
    clock::sleep(Duration::from_secs(60)).await;
    let times = world.notes.times();
    let apart: Vec<u64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis() as u64 / 100).collect();
    assert_eq!(apart, [10, 20]);
}

#[tokio::test(start_paused = true)]
async fn events_of_one_key_come_one_after_the_other_and_others_pass_them() {
    let world = world(ConsumerOptions::default().with_tries(5, Duration::from_millis(200)).in_order()).await;
    for body in ["late a1", "a2", "a3"] {
        world.publish(Some("a"), body).await;
    }
    for body in ["b1", "b2"] {
        world.publish(Some("b"), body).await;
    }
    clock::sleep(Duration::from_secs(5)).await;
    let seen: Vec<String> =
        world.notes.bodies().into_iter().map(|(body, attempt)| format!("{body} {attempt}")).collect();
    let of = |names: &[&str]| -> Vec<&str> {
        let all = seen.iter().map(String::as_str);
        all.filter(|body| names.iter().any(|name| body.contains(name))).collect()
    };
    assert_eq!(of(&["a1", "a2", "a3"]), ["late a1 1", "late a1 2", "late a1 3", "a2 1", "a3 1"]);
    assert_eq!(of(&["b1", "b2"]), ["b1 1", "b2 1"]);
    assert!(seen.iter().position(|body| body == "b2 1") < seen.iter().position(|body| body == "late a1 2"));
}

/// Of each key its events in their order, with each attempt.
fn by_key(notes: &Notes, key: &str) -> Vec<(String, u32)> {
    notes.bodies().into_iter().filter(|(body, _)| body.split(' ').nth(1) == Some(key)).collect()
}

#[tokio::test(start_paused = true)]
async fn keys_that_fail_hold_up_no_others() {
    for (failing, concurrency) in [(1, 16), (20, 16), (3, 1)] {
        let handling = ConsumerOptions::default().with_tries(5, Duration::from_secs(1)).with_concurrency(concurrency);
        let world = world(handling.in_order()).await;
        for n in 0..400 {
            for key in 0..failing {
                world.publish(Some(&format!("bad{key}")), &format!("poison bad{key} {n}")).await;
            }
            world.publish(Some(&format!("good{n}")), &format!("fine good{n}")).await;
        }
        // Before the first of those that fail is given up.
        clock::sleep(Duration::from_secs(10)).await;
        let good = (0..400).filter(|n| by_key(&world.notes, &format!("good{n}")).len() == 1).count();
        assert_eq!(good, 400, "{failing} of {concurrency}");
        world.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn events_behind_one_that_fails_keep_their_order_however_many_they_are() {
    const EVENTS: usize = 300;
    let world = world(ConsumerOptions::default().with_tries(2, Duration::from_secs(10)).in_order()).await;
    for n in 0..EVENTS {
        world.publish(Some("bad"), &format!("poison bad {n}")).await;
    }
    clock::sleep(Duration::from_secs(11 * EVENTS as u64)).await;
    let expected: Vec<_> =
        (0..EVENTS).flat_map(|n| [1, 2].map(|attempt| (format!("poison bad {n}"), attempt))).collect();
    assert_eq!(by_key(&world.notes, "bad"), expected);
    // The key is as good as any again.
    let before = clock::now();
    for n in 0..EVENTS {
        world.publish(Some("bad"), &format!("fine bad {n}")).await;
    }
    clock::sleep(Duration::from_secs(1)).await;
    let fine = world.notes.bodies().split_off(2 * EVENTS);
    assert_eq!(fine, (0..EVENTS).map(|n| (format!("fine bad {n}"), 1)).collect::<Vec<_>>(), "{:?}", before.elapsed());
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_recovers_is_caught_up_in_its_order() {
    // The first fails until a time, and the others come meanwhile and after it.
    let (seen, bad) = (Arc::new(Mutex::new(Vec::new())), clock::now() + Duration::from_secs(40));
    let handler = handler_fn({
        let seen = seen.clone();
        move |request| {
            let fails = clock::now() < bad;
            if !fails {
                seen.lock().unwrap().push(request.event().body.clone());
            }
            async move { if fails { Err(Error::unavailable("not yet")) } else { Ok(()) } }
        }
    });
    let broker = Broker::memory();
    let subscription = Subscription::new("shop.orders".parse().unwrap()).with_queue("test").durable();
    let handling = ConsumerOptions::default().with_tries(100, Duration::from_secs(1)).in_order();
    let publishing = async {
        for n in 0..2_000 {
            broker.publish(Event::new("shop.orders".parse().unwrap(), n.to_string()).with_key("k")).await.unwrap();
            clock::sleep(Duration::from_millis(30)).await;
        }
        clock::sleep(Duration::from_secs(120)).await;
    };
    serve(&broker, subscription, handling, handler, publishing).await.unwrap();
    let expected: Vec<_> = (0..2_000).map(|n| bytes::Bytes::from(n.to_string())).collect();
    assert!(*seen.lock().unwrap() == expected, "{:?}", seen.lock().unwrap());
}

#[tokio::test(start_paused = true)]
async fn no_more_are_handled_at_a_time_than_is_said() {
    for concurrency in [1, 4] {
        let world = world(ConsumerOptions::default().with_concurrency(concurrency)).await;
        for _ in 0..20 {
            world.publish(None, "slow").await;
        }
        clock::sleep(Duration::from_secs(30)).await;
        assert_eq!(world.notes.bodies().len(), 20);
        assert_eq!(world.notes.most.load(Ordering::SeqCst), concurrency);
    }
}

#[tokio::test(start_paused = true)]
async fn at_the_end_what_has_begun_is_finished_and_the_rest_is_left_to_others() {
    let world = world(ConsumerOptions::default().with_concurrency(2)).await;
    for _ in 0..5 {
        world.publish(None, "slow").await;
    }
    clock::sleep(Duration::from_millis(500)).await;
    let broker = world.broker.clone();
    let notes = world.stop().await;
    assert_eq!((notes.bodies().len(), notes.running.load(Ordering::SeqCst)), (2, 0));
    let subscription = Subscription::new("shop.*".parse().unwrap()).with_queue("test").durable();
    let mut left = broker.subscribe(subscription).await.unwrap();
    for _ in 0..3 {
        left.next().await.unwrap().unwrap().ack().await.unwrap();
    }
    assert!(clock::timeout(Duration::from_secs(1), left.next()).await.is_err(), "the others were done with");
}

/// Publishes one event and handles it as `handler` does until the broker is quiet; gives the broker back.
async fn handled(handling: ConsumerOptions, event: Event, handler: Arc<dyn Handler>) -> Broker {
    handled_at(Broker::memory(), handling, event, handler).await
}

async fn handled_at(broker: Broker, handling: ConsumerOptions, event: Event, handler: Arc<dyn Handler>) -> Broker {
    let subscription = Subscription::new("shop.orders".parse().unwrap()).with_queue("test").durable();
    drop(broker.subscribe(subscription.clone()).await.unwrap());
    broker.publish(event).await.unwrap();
    serve(&broker, subscription, handling, handler, clock::sleep(Duration::from_secs(60))).await.unwrap();
    broker
}

fn order() -> Event {
    Event::new("shop.orders".parse().unwrap(), "7").with_key("seven")
}

/// The bodies that are left in the queue, and those on the topic of the dead.
async fn left(broker: &Broker) -> (usize, usize) {
    let mut counts = [0, 0];
    let queue = Subscription::new("shop.orders".parse().unwrap()).with_queue("test").durable();
    let dead = Subscription::new("shop.orders.dlq".parse().unwrap()).starting(Start::Earliest);
    for (count, subscription) in counts.iter_mut().zip([queue, dead]) {
        let mut deliveries = broker.subscribe(subscription).await.unwrap();
        while let Ok(Some(delivery)) = clock::timeout(Duration::from_secs(1), deliveries.next()).await {
            delivery.unwrap().ack().await.unwrap();
            *count += 1;
        }
    }
    (counts[0], counts[1])
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_settle_an_event_when_it_likes() {
    let tries = Arc::new(AtomicUsize::new(0));
    // What a handler does with its `Ack`, how often it is tried then, and whether a dead letter is left.
    type Use = fn(Ack) -> BoxFuture<'static, Result<()>>;
    let uses: [(&str, Use, usize, usize); 7] = [
        ("within", |ack| Box::pin(ack.done()), 1, 0),
        (
            "much later",
            |ack| {
                let later = async {
                    clock::sleep(Duration::from_secs(45)).await;
                    ack.done().await.unwrap()
                };
                spawn::spawn(later).detach();
                Box::pin(async { Ok(()) })
            },
            1,
            0,
        ),
        ("rejects", |ack| Box::pin(ack.reject()), 1, 0),
        (
            "drops",
            |ack| {
                drop(ack);
                Box::pin(async { Ok(()) })
            },
            3,
            1,
        ),
        (
            "fails",
            |ack| {
                Box::pin(async {
                    let _kept = ack;
                    Err(Error::unavailable("not today"))
                })
            },
            3,
            1,
        ),
        (
            "fails afterwards",
            |ack| {
                Box::pin(async {
                    ack.done().await?;
                    Err(Error::internal("too late to matter"))
                })
            },
            1,
            0,
        ),
        (
            "fails, and settles in vain",
            |ack| {
                let later = async {
                    clock::sleep(Duration::from_secs(1)).await;
                    assert_eq!(ack.done().await.unwrap_err().code(), crate::Code::FailedPrecondition);
                };
                spawn::spawn(later).detach();
                Box::pin(async { Err(Error::unavailable("not today")) })
            },
            3,
            1,
        ),
    ];
    for (what, act, times, dead) in uses {
        tries.store(0, Ordering::SeqCst);
        let counted = tries.clone();
        let handler = handler_fn(move |request| {
            counted.fetch_add(1, Ordering::SeqCst);
            act(request.ack().expect("one for each try"))
        });
        let broker = handled(
            ConsumerOptions::default().with_tries(3, Duration::from_millis(10)).with_manual_ack(),
            order(),
            handler,
        )
        .await;
        assert_eq!(tries.load(Ordering::SeqCst), times, "{what}");
        assert_eq!(left(&broker).await, (0, dead), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_given_back_by_hand_comes_again_after_its_time() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let handler = handler_fn({
        let seen = seen.clone();
        move |request| {
            seen.lock().unwrap().push((request.attempt(), clock::now()));
            let ack = request.ack().expect("one for each try");
            async move { if request.attempt() < 3 { ack.again(Duration::from_secs(5)).await } else { ack.done().await } }
        }
    });
    handled(ConsumerOptions::default().with_manual_ack(), order(), handler).await;
    let seen = seen.lock().unwrap();
    let apart: Vec<_> = seen.windows(2).map(|pair| (pair[1].1 - pair[0].1).as_secs()).collect();
    assert_eq!((seen.len(), apart), (3, vec![5, 5]));
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_its_event_and_its_deadline_and_the_log_does_too() {
    let trace = crate::context::Trace::start();
    let mut metadata = crate::metadata::Metadata::new();
    metadata.insert("tenant", "acme").unwrap();
    metadata.insert(crate::broker::TRACE, trace.to_string()).unwrap();
    let deadline = clock::wall() + Duration::from_secs(3600);
    let since = deadline.duration_since(std::time::UNIX_EPOCH).unwrap();
    metadata.insert(crate::broker::DEADLINE, since.as_nanos().to_string()).unwrap();
    let event = order().with_id("the-id").with_metadata(metadata);
    let time = event.time;
    let handler = handler_fn(move |request| async move {
        let context = crate::Context::current();
        assert_eq!(context.metadata().get("tenant"), Some("acme"));
        assert_eq!(context.trace().unwrap().trace_id(), trace.trace_id());
        assert!(context.remaining().unwrap() > Duration::from_secs(3500));
        let event = context.event().expect("that of this handler");
        assert_eq!((event.topic(), event.id(), event.key()), ("shop.orders", "the-id", Some("seven")));
        assert_eq!((event.attempt(), event.time()), (1, time));
        assert!(context.child().event().is_none(), "a call made from here is no event");
        let called = crate::context::CurrentMethod::current().expect("the log asks for it");
        assert_eq!(called.method, "clerk");
        assert_eq!(request.decode::<Event>()?.id, "the-id");
        Ok(())
    });
    let broker =
        handled(ConsumerOptions::default().with_name("clerk").with_tries(1, Duration::ZERO), event, handler).await;
    assert_eq!(left(&broker).await, (0, 0), "nothing of it was wrong");
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_late_is_a_dead_letter_and_what_takes_too_long_too() {
    let with_deadline = |deadline: std::time::SystemTime| {
        let since = deadline.duration_since(std::time::UNIX_EPOCH).unwrap();
        let mut metadata = crate::metadata::Metadata::new();
        metadata.insert(crate::broker::DEADLINE, since.as_nanos().to_string()).unwrap();
        order().with_metadata(metadata)
    };
    let never = handler_fn(|_| async { unreachable!("it came too late") });
    let late = with_deadline(clock::wall() - Duration::from_secs(1));
    let broker = handled(ConsumerOptions::default(), late, never).await;
    assert_eq!(left(&broker).await, (0, 1));

    // The deadline is one of calendars, which are not paused: time is up for this handler long before it has come.
    let slow = handler_fn(|_| std::future::pending());
    let soon = with_deadline(clock::wall() + Duration::from_secs(10));
    let broker = handled(ConsumerOptions::default().with_tries(2, Duration::ZERO), soon, slow).await;
    assert_eq!(left(&broker).await, (0, 1));
}

/// Notes what passes, on either way, under its name.
struct TestInterceptor(&'static str, Arc<Mutex<Vec<String>>>);

impl crate::broker::Interceptor for TestInterceptor {
    async fn publish(&self, mut events: Vec<Event>, next: crate::broker::PublishNext<'_>) -> Result<()> {
        self.1.lock().unwrap().push(format!("{} publishes", self.0));
        for event in &mut events {
            event.metadata.append("by", self.0)?;
        }
        next.run(events).await
    }

    async fn handle(&self, request: EventRequest, next: crate::broker::HandleNext<'_>) -> Result<()> {
        let by: Vec<_> = request.event().metadata.get_all("by").collect();
        self.1.lock().unwrap().push(format!("{} handles what {} published", self.0, by.join(" and ")));
        let context = request.context().clone().with_timeout(Duration::from_secs(5));
        let handled = next.run(request.with_context(context)).await;
        self.1.lock().unwrap().push(format!("{} is done", self.0));
        handled
    }
}

#[tokio::test(start_paused = true)]
async fn interceptors_wrap_publishing_and_handling_from_the_outside_in() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let mut interceptors = crate::broker::Interceptors::default();
    interceptors.push(TestInterceptor("a", said.clone()));
    interceptors.push(TestInterceptor("b", said.clone()));
    let handler = handler_fn(|_| async {
        assert_eq!(crate::Context::current().remaining(), Some(Duration::from_secs(5)));
        Ok(())
    });
    let broker = Broker::memory().with_interceptors(interceptors);
    handled_at(broker, ConsumerOptions::default(), order(), handler).await;
    let expected = [
        "a publishes",
        "b publishes",
        "a handles what a and b published",
        "b handles what a and b published",
        "b is done",
        "a is done",
    ];
    assert_eq!(*said.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_key_may_be_a_matter_of_the_handler() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    let handler = keyed_handler_fn(
        |event| Ok(String::from_utf8_lossy(&event.body[..1]).into_owned()),
        move |request| {
            let noted = noted.clone();
            async move {
                let body = String::from_utf8_lossy(&request.event().body).into_owned();
                clock::sleep(Duration::from_millis(if body.ends_with('1') { 100 } else { 1 })).await;
                noted.lock().unwrap().push(body);
                Ok(())
            }
        },
    );
    let broker = Broker::memory();
    let subscription = Subscription::new("shop.orders".parse().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = spawn::spawn({
        let broker = broker.clone();
        let stopped = async { drop(stopped.await) };
        async move { serve(&broker, subscription, ConsumerOptions::default().in_order(), handler, stopped).await }
    });
    clock::sleep(Duration::from_millis(1)).await;
    for body in ["a1", "a2", "b3", "a4"] {
        broker.publish(Event::new("shop.orders".parse().unwrap(), body)).await.unwrap();
    }
    clock::sleep(Duration::from_secs(1)).await;
    drop(stop);
    serving.await.unwrap().unwrap();
    assert_eq!(*seen.lock().unwrap(), ["b3", "a1", "a2", "a4"]);
}
