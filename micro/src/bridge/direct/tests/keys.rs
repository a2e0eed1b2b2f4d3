//! Events with a key, and the order in which the processes of a queue handle them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::oneshot;

use super::world::{Process, SILENT, World, bodies, body, next, nothing, order};
use crate::Code;
use crate::bridge::direct::advertisement::Advertisement;
use crate::broker::handling::{self, Consumer, EventRequest};
use crate::broker::{ConsumerOptions, Event, Subscription};
use crate::context::Extensions;
use crate::registry::Node;
use crate::util::spawn::{self, Task};
use crate::util::{clock, random};

/// Handled events: key and publisher, number of the event, and handling member.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(String, usize, String)>>>);

/// A process whose handlers take their time.
struct Member {
    process: Process,
    stop: oneshot::Sender<()>,
    serving: Task<()>,
}

impl Log {
    fn all(&self) -> MutexGuard<'_, Vec<(String, usize, String)>> {
        self.0.lock().unwrap()
    }

    async fn wait_for(&self, count: usize) {
        let all = async {
            while self.all().iter().map(|(of, n, _)| (of.clone(), *n)).collect::<BTreeSet<_>>().len() < count {
                clock::sleep(Duration::from_millis(100)).await;
            }
        };
        clock::timeout(Duration::from_secs(600), all).await.expect("everything is handled");
    }

    /// Handled events, by key and publisher.
    fn of_each(&self) -> BTreeMap<String, Vec<usize>> {
        let mut each = BTreeMap::<_, Vec<usize>>::new();
        self.all().iter().for_each(|(of, n, _)| each.entry(of.clone()).or_default().push(*n));
        each
    }

    /// Keys handled by each member.
    fn by_member(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::<_, BTreeSet<String>>::new();
        for (of, _, member) in &*self.all() {
            keys.entry(member.clone()).or_default().insert(of.split('/').next().unwrap().to_owned());
        }
        keys
    }
}

impl Member {
    async fn new(world: &World, id: &str, log: &Log) -> Self {
        let (process, running) = (world.process(id), Arc::new(Mutex::new(BTreeSet::new())));
        let handler = handling::handler_fn({
            let (log, id) = (log.clone(), id.to_owned());
            move |request: EventRequest| {
                let (log, id, running) = (log.clone(), id.clone(), running.clone());
                async move {
                    let body = String::from_utf8_lossy(&request.event().body).into_owned();
                    let (of, n) = body.rsplit_once('/').unwrap();
                    assert!(running.lock().unwrap().insert(of.to_owned()), "{of} is being handled");
                    log.all().push((of.to_owned(), n.parse().unwrap(), id));
                    clock::sleep(Duration::from_millis(random::u64() % 8)).await;
                    assert!(running.lock().unwrap().remove(of));
                    Ok(())
                }
            }
        });
        let queue = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
        let handling = ConsumerOptions::default().in_order();
        let serving = Consumer::begin(&process.broker, queue, handling, handler, Extensions::new()).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = spawn::spawn(serving.run(async { drop(stopped.await) }));
        Member { process, stop, serving }
    }

    /// Ends the process gracefully.
    async fn leave(self) {
        self.process.direct.leave().await;
        drop(self.stop);
        self.serving.await.unwrap();
    }

    /// Ends the process like a crash: its publishers are not notified of the outcomes of its events.
    async fn die(self, publishers: &[&Process]) {
        let Member { process, stop, serving } = self;
        let direct = process.direct.clone();
        process.kill();
        publishers.iter().for_each(|publisher| publisher.cable.cut());
        clock::sleep(Duration::from_millis(1)).await;
        direct.close();
        drop(serving);
        drop(stop);
        publishers.iter().for_each(|publisher| publisher.cable.mend());
    }
}

fn of(key: &str, body: usize) -> Event {
    order(body).with_key(key)
}

/// Publishes `rounds` events of each of thirty keys, alternating between the publishers.
async fn publish(publishers: &[&Process], rounds: std::ops::Range<usize>) {
    for n in rounds {
        for (at, publisher) in publishers.iter().enumerate() {
            let events = (0..30).map(|key| {
                let body = format!("key-{key}/{at}/{n}");
                Event::new("orders.placed".parse().unwrap(), body).with_key(format!("key-{key}"))
            });
            publisher.broker.publish_all(&events.collect::<Vec<_>>()).await.unwrap();
        }
        clock::sleep(Duration::from_millis(random::u64() % 20)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_handled_in_order_by_one_of_all_members_whoever_publishes() {
    let (world, log) = (World::new(), Log::default());
    let (p, q) = (world.process("p"), world.process("q"));
    let mut members = Vec::new();
    for id in ["b", "c", "d"] {
        members.push(Member::new(&world, id, &log).await);
    }
    publish(&[&p, &q], 0..50).await;
    log.wait_for(2 * 30 * 50).await;
    let each = log.of_each();
    assert_eq!(each.len(), 60);
    for (of, seen) in each {
        assert_eq!(seen, Vec::from_iter(0..50), "of {of}");
    }
    let by_member = log.by_member();
    assert_eq!((by_member.len(), by_member.values().map(BTreeSet::len).sum::<usize>()), (3, 30), "{by_member:?}");
    assert!(by_member.values().all(|keys| keys.len() > 1), "{by_member:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_stays_in_order_while_members_come_and_leave() {
    let (world, log) = (World::new(), Log::default());
    let (p, q) = (world.process("p"), world.process("q"));
    let mut members = vec![Member::new(&world, "m0", &log).await];
    let changing = async {
        for round in 1..30 {
            clock::sleep(Duration::from_millis(40)).await;
            members.push(Member::new(&world, &format!("m{round}"), &log).await);
            if round % 3 != 0 {
                members.remove(round % members.len()).leave().await;
            }
        }
        members
    };
    let publishers = [&p, &q];
    let ((), _members) = tokio::join!(publish(&publishers, 0..150), changing);
    log.wait_for(2 * 30 * 150).await;
    for (of, seen) in log.of_each() {
        assert_eq!(seen, Vec::from_iter(0..150), "of {of}");
    }
    assert!(log.by_member().len() > 20, "{:?}", log.by_member());
}

#[tokio::test(start_paused = true)]
async fn a_death_repeats_what_its_member_had_and_loses_and_turns_round_nothing() {
    let (world, log) = (World::new(), Log::default());
    let (p, q) = (world.process("p"), world.process("q"));
    let mut members = Vec::new();
    for id in ["m0", "m1", "m2"] {
        members.push(Member::new(&world, id, &log).await);
    }
    let publishers = [&p, &q];
    let dying = async {
        for round in 3..9 {
            clock::sleep(Duration::from_millis(150)).await;
            members.push(Member::new(&world, &format!("m{round}"), &log).await);
            members.remove(round % 3).die(&publishers).await;
        }
        members
    };
    let ((), _members) = tokio::join!(publish(&publishers, 0..150), dying);
    log.wait_for(2 * 30 * 150).await;
    for (of, seen) in log.of_each() {
        let mut known = BTreeSet::new();
        let first: Vec<usize> = seen.into_iter().filter(|n| known.insert(*n)).collect();
        assert_eq!(first, Vec::from_iter(0..150), "of {of}");
    }
}

/// Keys of two members, each with its own.
async fn keys_of(
    publisher: &Process,
    one: &mut crate::broker::Deliveries,
    two: &mut crate::broker::Deliveries,
) -> [Vec<String>; 2] {
    let keys: Vec<String> = (0..40).map(|key| format!("key-{key}")).collect();
    let events: Vec<Event> = keys.iter().enumerate().map(|(body, key)| of(key, body)).collect();
    publisher.broker.publish_all(&events).await.unwrap();
    let mut of_each = [Vec::new(), Vec::new()];
    for _ in 0..40 {
        let (who, delivery) = tokio::select! {
            delivery = next(one) => (0, delivery),
            delivery = next(two) => (1, delivery),
        };
        of_each[who].push(keys[body(&delivery)].clone());
        delivery.ack().await.unwrap();
    }
    assert!(of_each.iter().all(|keys| keys.len() > 5), "{of_each:?}");
    of_each
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_stuck_holds_up_its_own_keys_and_nothing_else() {
    let world = World::new();
    let (a, b, c) = (world.process("a"), world.process("b"), world.process("c"));
    let mut stuck = b.subscribed(Some("audit"), 4).await;
    let mut quick = c.subscribed(Some("audit"), 4).await;
    let [of_stuck, of_quick] = keys_of(&a, &mut stuck, &mut quick).await;
    let mut kept = 0;
    let error = loop {
        match a.broker.publish(of(&of_stuck[kept % of_stuck.len()], kept)).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), Code::ResourceExhausted);
    let who = "queue `audit` of `orders.>` at `b` has 4990 events waiting";
    assert!(error.message().contains(who), "{error}");
    let begun = clock::now();
    for body in 0..3_000 {
        a.broker.publish(of(&of_quick[body % of_quick.len()], body)).await.unwrap();
        assert_eq!(bodies(&mut quick, 1).await, [body]);
    }
    // Without a key, an event goes to a member with space.
    for body in 0..300 {
        a.publish([body]).await;
        assert_eq!(bodies(&mut quick, 1).await, [body]);
    }
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
    // With space again, waiting publishers are woken.
    let (published, ()) = tokio::join!(a.broker.publish(of(&of_stuck[0], kept)), async {
        clock::sleep(Duration::from_millis(500)).await;
        assert_eq!(bodies(&mut stuck, 1).await, [0]);
    });
    published.unwrap();
    assert_eq!(bodies(&mut stuck, kept).await, Vec::from_iter(1..=kept));
    nothing(&mut quick).await;
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_key_waits_until_who_has_left_is_done_with_it() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut leaving = b.subscribed(Some("audit"), 2).await;
    for body in 0..6 {
        a.broker.publish(of(["x", "y"][body % 2], body)).await.unwrap();
    }
    let held = [next(&mut leaving).await, next(&mut leaving).await];
    let c = world.process("c");
    let mut staying = c.subscribed(Some("audit"), 8).await;
    b.direct.leave().await;
    a.broker.publish(of("z", 6)).await.unwrap();
    assert_eq!(bodies(&mut staying, 1).await, [6]);
    nothing(&mut staying).await;
    let [x, y] = held;
    y.ack().await.unwrap();
    assert_eq!(bodies(&mut staying, 2).await, [3, 5]);
    nothing(&mut staying).await;
    drop(x);
    assert_eq!(bodies(&mut staying, 3).await, [0, 2, 4]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waits_for_its_next_try_holds_up_nothing_of_its_key() {
    let world = World::new();
    let (a, b, c) = (world.process("a"), world.process("b"), world.process("c"));
    let mut first = b.subscribed(Some("audit"), 8).await;
    let keys: Vec<String> = (0..40).map(|key| format!("key-{key}")).collect();
    a.broker.publish_all(&keys.iter().map(|key| of(key, 0)).collect::<Vec<_>>()).await.unwrap();
    for _ in 0..40 {
        next(&mut first).await.retry(Duration::from_secs(3600)).await.unwrap();
    }
    let mut second = c.subscribed(Some("audit"), 8).await;
    let [of_first, of_second] = keys_of(&a, &mut first, &mut second).await;
    assert_eq!(of_first.len() + of_second.len(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_listed_and_cannot_be_reached_loses_its_keys() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    for (id, address) in [("refused", "127.0.0.1:9"), ("silent", SILENT)] {
        let asked = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
        let node = Advertisement::new(id.len() as u64, &asked).on(Node::new("micro.events", address).with_id(id));
        let node = node.with_metadata("node", id).with_endpoint("/micro.events.v1.Events/Deliver");
        world.registry.register_once(&node, Duration::from_secs(3600)).await.unwrap();
    }
    let mut queue = b.subscribed(Some("audit"), 100).await;
    let begun = clock::now();
    let events: Vec<Event> = (0..50).map(|body| of(&format!("key-{body}"), body)).collect();
    a.broker.publish_all(&events).await.unwrap();
    // No publisher has waited longer than the publish timeout.
    assert!((500..600).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    let mut seen = bodies(&mut queue, 50).await;
    seen.sort_unstable();
    assert_eq!(seen, Vec::from_iter(0..50));
    let begun = clock::now();
    a.broker.publish_all(&events).await.unwrap();
    assert_eq!(bodies(&mut queue, 50).await, Vec::from_iter(0..50));
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn keys_stay_with_a_member_whose_link_breaks_for_a_moment_and_no_longer() {
    let world = World::new();
    // One of the members is in the publisher's own process, and needs no link.
    let (a, b) = (world.process("a"), world.process("b"));
    let mut near = a.subscribed(Some("audit"), 4).await;
    let mut far = b.subscribed(Some("audit"), 4).await;
    let [_, of_far] = keys_of(&a, &mut near, &mut far).await;
    let key = &of_far[0];
    for body in 0..3 {
        a.broker.publish(of(key, body)).await.unwrap();
    }
    let held = next(&mut far).await;
    a.cable.cut();
    clock::sleep(Duration::from_millis(200)).await;
    a.cable.mend();
    a.broker.publish(of(key, 3)).await.unwrap();
    held.ack().await.unwrap();
    assert_eq!(bodies(&mut far, 3).await, [1, 2, 3]);
    nothing(&mut near).await;
    nothing(&mut far).await;
    // A member that is away for longer is not waited for, and gets its keys back when it returns.
    a.cable.cut();
    clock::sleep(Duration::from_millis(10)).await;
    let begun = clock::now();
    a.broker.publish(of(key, 4)).await.unwrap();
    assert_eq!(bodies(&mut near, 1).await, [4]);
    assert!((400..600).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    a.cable.mend();
    let back = async {
        loop {
            a.broker.publish(of(key, 5)).await.unwrap();
            tokio::select! {
                delivery = next(&mut far) => return delivery.ack().await.unwrap(),
                seen = bodies(&mut near, 1) => assert_eq!(seen, [5]),
            }
            clock::sleep(Duration::from_millis(100)).await;
        }
    };
    clock::timeout(Duration::from_secs(30), back).await.expect("it has its keys back");
}
