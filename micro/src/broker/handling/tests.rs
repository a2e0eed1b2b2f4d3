use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

use super::*;
use crate::broker::{Deliveries, Start};
use crate::errors::Error;
use crate::util::clock::{self, Instant};

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
    fn handle(&self, given: Given) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let (event, attempt) = (given.raw(), given.attempt());
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

async fn world(handling: Handling) -> World {
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
        let handling = Handling::default().with_tries(3, Duration::from_millis(100));
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
    let world = world(Handling::default().with_tries(9, Duration::from_secs(1))).await;
    world.publish(None, "late").await;
    clock::sleep(Duration::from_secs(60)).await;
    let times = world.notes.times();
    let apart: Vec<u64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis() as u64 / 100).collect();
    assert_eq!(apart, [10, 20]);
}

#[tokio::test(start_paused = true)]
async fn events_of_one_key_come_one_after_the_other_and_others_pass_them() {
    let world = world(Handling::default().with_tries(5, Duration::from_millis(200)).in_order()).await;
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

#[tokio::test(start_paused = true)]
async fn no_more_are_handled_at_a_time_than_is_said() {
    for concurrency in [1, 4] {
        let world = world(Handling::default().with_concurrency(concurrency)).await;
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
    let world = world(Handling::default().with_concurrency(2)).await;
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
