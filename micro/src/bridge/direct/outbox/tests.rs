//! The outbox as a whole: whatever happens in whatever order, the books balance, and no event is lost that could be handled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::session::MemberSession;
use super::*;
use crate::bridge::direct::advertisement::Advertisement;
use crate::bridge::direct::contract::{AckBatch, BatchEntry, Nack, NackReason};
use crate::bridge::direct::limits::{FULL_RETRY_DELAY, MAX_GROUP_EVENTS, RECONNECT_GRACE};
use crate::bridge::direct::outcome::{EventOutcome, Rejected};
use crate::bridge::direct::pending::EventCompletion;
use crate::broker::{Event, Subscription, Topic};
use crate::registry::Node;
use crate::util::clock::{self, Instant};

/// Chance that can be had again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A process with subscriptions, at the other end of a link.
#[derive(Default)]
struct Peer {
    subscriptions: BTreeMap<u64, Advertisement>,
    /// Events taken and not settled.
    taken: Vec<Taken>,
    looked: u64,
}

#[derive(Clone)]
struct Taken {
    entry: BatchEntry,
    body: String,
    /// `true` if the event came over a link that is still open.
    heard: bool,
}

struct Game {
    dice: Dice,
    outbox: Outbox,
    now: Instant,
    peers: BTreeMap<String, Peer>,
    generation: u64,
    subscriptions: u64,
    published: usize,
    /// Number of times each queue has handled an event.
    handled: BTreeMap<String, usize>,
}

fn topic() -> Topic {
    "orders.placed".parse().unwrap()
}

impl Game {
    fn new(seed: u64) -> Self {
        Game {
            dice: Dice(seed),
            outbox: Outbox::new(7),
            now: clock::now(),
            peers: BTreeMap::new(),
            generation: 0,
            subscriptions: 0,
            published: 0,
            handled: BTreeMap::new(),
        }
    }

    fn list(&mut self) {
        self.generation += 1;
        let nodes = self.peers.iter().map(|(id, peer)| {
            let node = Node::new("micro.events", id.clone()).with_id(id);
            Arc::new(peer.subscriptions.values().fold(node, |node, listed| listed.on(node)))
        });
        self.outbox.sync(self.generation, &nodes.collect::<Vec<_>>());
        self.perform();
    }

    fn subscribe(&mut self, id: &str) {
        self.subscriptions += 1;
        let asked = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
        let listed = Advertisement::new(self.subscriptions, &asked.with_in_flight(1 + self.dice.below(5)));
        self.peers.entry(id.to_owned()).or_default().subscriptions.insert(self.subscriptions, listed);
        self.list();
    }

    fn publish(&mut self) {
        let count = 1 + self.dice.below(30);
        let mut events = Vec::new();
        for body in self.published..self.published + count {
            let event = Event::new(topic(), body.to_string());
            events.push(match self.dice.below(8) {
                0..=2 => event,
                key => event.with_key(format!("key-{key}")),
            });
        }
        self.outbox.connect(&topic());
        for event in &events {
            assert!(self.outbox.publish(event, &EventCompletion::new()).is_ok());
            self.perform();
        }
        self.published += count;
    }

    /// Performs the effects: no subscription in this simulation is local, so events are only moved.
    fn perform(&mut self) {
        while let Some(effect) = self.outbox.poll_effect() {
            assert!(!matches!(effect, Effect::Deliver(_)), "{effect:?}");
        }
    }

    fn tick(&mut self, passed: Duration) {
        self.now += passed;
        self.outbox.tick(self.now);
        self.perform();
    }

    fn disconnect(&mut self, session: u64) {
        self.outbox.disconnected(session, Disconnected::Failed);
        self.perform();
        self.outbox.reconnect(session);
        self.perform();
    }

    fn connect(&mut self, session: u64, id: String) {
        self.peers.entry(id).or_default().looked = 0;
        self.outbox.begin(session);
        self.outbox.connected(session);
        self.perform();
    }

    fn links(&self, is: fn(&MemberSession) -> bool) -> Vec<(u64, String)> {
        let links = self.outbox.sessions().filter(|(_, session)| is(session));
        let mut links: Vec<_> = links.map(|(id, session)| (id, session.node().id.clone())).collect();
        links.sort();
        links
    }

    fn some(&mut self, links: &[(u64, String)]) -> Option<(u64, String)> {
        (!links.is_empty()).then(|| links[self.dice.below(links.len())].clone())
    }

    /// Lets a peer read its link and respond at random.
    fn move_on(&mut self, link: u64, id: &str) {
        let connection = self.outbox.connection(link);
        let Some(peer) = self.peers.get_mut(id) else { return };
        let mut acks = AckBatch::default();
        while let Write::Batch(batch) = self.outbox.next_batch(link, connection) {
            for (entry, event) in batch {
                peer.looked += 1;
                let same = |taken: &&mut Taken| {
                    (taken.entry.number, taken.entry.subscription) == (entry.number, entry.subscription)
                };
                if let Some(known) = peer.taken.iter_mut().find(same) {
                    known.heard = true;
                    continue;
                }
                let reason = match self.dice.below(12) {
                    _ if !peer.subscriptions.contains_key(&entry.subscription) => NackReason::Reroute,
                    0 => NackReason::Full,
                    _ => {
                        let body = String::from_utf8(event.event().body.to_vec()).unwrap();
                        peer.taken.push(Taken { entry, body, heard: true });
                        continue;
                    }
                };
                acks.nacks.push(Nack { number: entry.number, attempt: entry.attempt, reason });
            }
        }
        acks.received = peer.looked;
        while !peer.taken.is_empty() && self.dice.below(3) > 0 {
            let at = self.dice.below(peer.taken.len());
            let Taken { entry, body, heard } = peer.taken[at].clone();
            let reason = match self.dice.below(10) {
                0 if heard => Some(NackReason::Delayed),
                1 if heard => Some(NackReason::Reroute),
                _ => None,
            };
            if reason != Some(NackReason::Delayed) {
                peer.taken.remove(at);
            }
            match reason {
                None => {
                    *self.handled.entry(body).or_default() += 1;
                    acks.acks.extend(heard.then_some(entry.number));
                }
                Some(reason) => {
                    let attempt = entry.attempt + u32::from(reason == NackReason::Delayed);
                    acks.nacks.push(Nack { number: entry.number, attempt, reason });
                    // Returned only for a subscription that has ended.
                    if reason == NackReason::Reroute {
                        peer.subscriptions.remove(&entry.subscription);
                    }
                }
            }
        }
        self.outbox.receive(link, acks);
        self.perform();
    }

    fn step(&mut self) {
        let id = format!("peer-{}", self.dice.below(4));
        let (opening, open) = (self.links(MemberSession::is_connecting), self.links(MemberSession::is_open));
        match self.dice.below(17) {
            0 => self.subscribe(&id),
            1..=3 => self.publish(),
            4..=6 => {
                if let Some((link, id)) = self.some(&opening) {
                    self.connect(link, id);
                }
            }
            7..=12 => {
                if let Some((link, id)) = self.some(&open) {
                    self.move_on(link, &id);
                }
            }
            13 => {
                // A link breaks; the process behind it may be another one afterwards.
                if let Some((link, id)) = self.some(&open) {
                    let peer = self.peers.entry(id).or_default();
                    peer.taken.iter_mut().for_each(|taken| taken.heard = false);
                    if self.dice.below(2) == 0 {
                        peer.taken.clear();
                    }
                    self.disconnect(link);
                }
            }
            14 => {
                if let Some((link, _)) = self.some(&opening) {
                    self.disconnect(link);
                }
            }
            15 => self.tick(RECONNECT_GRACE),
            _ => {
                // A process or one of its subscriptions disappears.
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.subscriptions.pop_first();
                }
                let vanishes = self.dice.below(3) == 0 && self.peers.remove(&id).is_some();
                self.list();
                for (link, _) in open.iter().filter(|(_, other)| vanishes && *other == id) {
                    self.disconnect(*link);
                }
            }
        }
    }

    /// Checks that every event is counted exactly once, in its place.
    fn check(&self) -> Result<(), String> {
        self.outbox.check()
    }
}

#[test]
fn the_books_balance_and_nothing_is_lost() {
    for seed in 0..50 {
        let mut game = Game::new(seed);
        game.subscribe("peer-0");
        for step in 0..300 {
            game.step();
            game.check().unwrap_or_else(|wrong| panic!("seed {seed}, step {step}: {wrong}"));
        }
        // From here on there are no failures, and every event is handled.
        game.subscribe("last");
        for round in 0.. {
            assert!(round < 2_000, "seed {seed}: {} of {}", game.handled.len(), game.published);
            game.tick(FULL_RETRY_DELAY);
            game.tick(FULL_RETRY_DELAY);
            game.list();
            if game.peers.values().all(|peer| peer.subscriptions.is_empty()) {
                game.subscribe("last");
            }
            for (link, id) in game.links(MemberSession::is_connecting) {
                game.connect(link, id);
            }
            for (link, id) in game.links(MemberSession::is_open) {
                game.move_on(link, &id);
            }
            if round == 0 {
                game.publish();
            }
            game.check().unwrap_or_else(|wrong| panic!("seed {seed}, round {round}: {wrong}"));
            if game.outbox.is_empty() {
                break;
            }
        }
        let expected: BTreeSet<String> = (0..game.published).map(|body| body.to_string()).collect();
        let lost: Vec<_> = expected.iter().filter(|body| !game.handled.contains_key(*body)).collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:?}");
    }
}

fn audit(subscription: u64) -> Advertisement {
    Advertisement::new(subscription, &Subscription::new("orders.>".parse().unwrap()).with_queue("audit"))
}

fn node(address: &str, subscriptions: &[Advertisement]) -> Vec<Arc<Node>> {
    let node = Node::new("micro.events", address).with_id("peer");
    vec![Arc::new(subscriptions.iter().fold(node, |node, subscription| subscription.on(node)))]
}

/// Publishes an event, and returns what is to be done about that.
fn publish(outbox: &mut Outbox, event: &Event, completion: &Arc<EventCompletion>) -> Vec<Effect> {
    outbox.connect(&event.topic);
    outbox.publish(event, completion).expect("there is room");
    effects(outbox)
}

fn effects(outbox: &mut Outbox) -> Vec<Effect> {
    std::iter::from_fn(|| outbox.poll_effect()).collect()
}

fn event(body: &'static str) -> Event {
    Event::new(topic(), body)
}

fn numbers(write: Write) -> Vec<u64> {
    let Write::Batch(batch) = write else { panic!("{write:?}") };
    batch.iter().map(|(entry, _)| entry.number).collect()
}

#[test]
fn a_subscription_of_this_process_that_ended_is_not_remembered() {
    let mut outbox = Outbox::new(7);
    for subscription in 1..=100 {
        outbox.join(&audit(subscription));
        let effects = publish(&mut outbox, &event("7"), &EventCompletion::new());
        let delivered = effects.into_iter().filter_map(|effect| match effect {
            Effect::Deliver(handover) => Some(handover.number),
            _ => None,
        });
        // Repeats the steps of a dropped subscriber.
        outbox.leave(subscription);
        for number in delivered {
            outbox.settle(number, EventOutcome::Reroute { attempt: 1 });
        }
        while outbox.poll_effect().is_some() {}
    }
    assert_eq!(outbox.departed(), 0);
}

#[test]
fn a_subscription_that_ends_after_its_node_has_left_is_not_remembered() {
    let mut outbox = Outbox::new(7);
    outbox.sync(1, &node("10.0.0.7:1", &[audit(1)]));
    for body in ["7", "8"] {
        publish(&mut outbox, &event(body), &EventCompletion::new());
    }
    let connection = outbox.begin(1).unwrap();
    outbox.connected(1);
    effects(&mut outbox);
    let numbers = numbers(outbox.next_batch(1, connection));
    let return_one = |outbox: &mut Outbox, at: usize| {
        let nacks = vec![Nack { number: numbers[at], attempt: 1, reason: NackReason::Reroute }];
        outbox.receive(1, AckBatch { received: 2, acks: Vec::new(), nacks });
        effects(outbox);
    };
    return_one(&mut outbox, 0);
    assert_eq!(outbox.departed(), 1, "the registry still lists it");
    outbox.sync(2, &[]);
    assert_eq!(outbox.departed(), 0);
    return_one(&mut outbox, 1);
    assert_eq!(outbox.departed(), 0);
}

#[test]
fn a_publisher_waits_until_its_event_is_received_and_no_longer() {
    let mut outbox = Outbox::new(7);
    outbox.sync(1, &node("10.0.0.7:1", &[audit(1)]));
    let completion = EventCompletion::new();
    let done = publish(&mut outbox, &event("7"), &completion);
    assert!(done.iter().any(|effect| matches!(effect, Effect::Connect { session: 1, .. })), "{done:?}");
    let connection = outbox.begin(1).unwrap();
    outbox.connected(1);
    effects(&mut outbox);
    assert_eq!(numbers(outbox.next_batch(1, connection)), [1]);
    assert!(!completion.is_done() && outbox.has_unflushed());
    outbox.receive(1, AckBatch { received: 1, ..AckBatch::default() });
    let done = effects(&mut outbox);
    assert!(matches!(done[..], [Effect::Complete(_)]), "{done:?}");
    drop(done);
    assert!(completion.is_done() && !outbox.has_unflushed());
}

#[test]
fn a_connection_of_earlier_writes_nothing() {
    let mut outbox = Outbox::new(7);
    outbox.sync(1, &node("10.0.0.7:1", &[audit(1)]));
    publish(&mut outbox, &event("7"), &EventCompletion::new());
    let first = outbox.begin(1).unwrap();
    outbox.disconnected(1, Disconnected::Failed);
    effects(&mut outbox);
    assert!(outbox.reconnect(1), "an event waits for it");
    let second = outbox.begin(1).unwrap();
    outbox.connected(1);
    effects(&mut outbox);
    assert!(matches!(outbox.next_batch(1, first), Write::End));
    assert_eq!(numbers(outbox.next_batch(1, second)), [1]);
}

#[test]
fn what_was_written_on_a_connection_that_broke_counts_as_delivered() {
    let mut outbox = Outbox::new(7);
    outbox.sync(1, &node("10.0.0.7:1", &[audit(1)]));
    publish(&mut outbox, &event("7"), &EventCompletion::new());
    for attempt in 1..5 {
        let connection = outbox.begin(1).unwrap();
        outbox.connected(1);
        effects(&mut outbox);
        let Write::Batch(batch) = outbox.next_batch(1, connection) else { panic!("nothing to write") };
        assert_eq!(batch[0].0.attempt, attempt);
        outbox.disconnected(1, Disconnected::Failed);
        effects(&mut outbox);
        assert!(outbox.reconnect(1));
    }
}

#[test]
fn a_process_that_moves_gets_its_events_at_its_new_address() {
    let mut outbox = Outbox::new(7);
    outbox.sync(1, &node("10.0.0.7:1", &[audit(1)]));
    publish(&mut outbox, &event("7"), &EventCompletion::new());
    outbox.begin(1);
    outbox.connected(1);
    effects(&mut outbox);
    outbox.sync(2, &node("10.0.0.8:1", &[audit(1)]));
    effects(&mut outbox);
    let done = publish(&mut outbox, &event("8"), &EventCompletion::new());
    outbox.disconnected(1, Disconnected::Failed);
    effects(&mut outbox);
    outbox.reconnect(1);
    effects(&mut outbox);
    let connection = outbox.begin(2).unwrap_or_else(|| panic!("{done:?}"));
    outbox.connected(2);
    effects(&mut outbox);
    assert_eq!(numbers(outbox.next_batch(2, connection)), [1, 2]);
}

#[test]
fn a_subscription_of_this_process_without_room_is_left_alone_for_a_while_and_gets_all_in_order() {
    let mut outbox = Outbox::new(7);
    let mut now = clock::now();
    outbox.join(&audit(1));
    outbox.connect(&topic());
    for body in ["1", "2", "3"] {
        outbox.publish(&event(body), &EventCompletion::new()).unwrap();
    }
    let Some(Effect::Deliver(handover)) = outbox.poll_effect() else { panic!("nothing is delivered") };
    outbox.reject(handover, Rejected::Full);
    let done = effects(&mut outbox);
    assert!(matches!(done[..], [Effect::Tick]), "{done:?}");
    outbox.tick(now);
    assert_eq!(outbox.deadline(now), Some(now + FULL_RETRY_DELAY));
    now += FULL_RETRY_DELAY;
    outbox.tick(now);
    let delivered: Vec<_> = effects(&mut outbox)
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Deliver(handover) => Some((handover.number, handover.attempt)),
            _ => None,
        })
        .collect();
    assert_eq!(delivered, [(1, 1), (2, 1), (3, 1)]);
}

#[test]
fn memory_is_bounded_and_publishers_learn_of_room() {
    let mut outbox = Outbox::new(7);
    outbox.join(&audit(1));
    let mut delivered = Vec::new();
    let full = loop {
        match outbox.publish(&event("7"), &EventCompletion::new()) {
            Ok(()) => delivered.extend(effects(&mut outbox)),
            Err(full) => break full,
        }
    };
    assert_eq!(full.what, format!("queue `audit` of `orders.>` has {MAX_GROUP_EVENTS} events waiting"));
    let Some(Effect::Deliver(first)) = delivered.first() else { panic!("nothing is delivered") };
    outbox.settle(first.number, EventOutcome::Acked);
    let done = effects(&mut outbox);
    let has_room = |effect: &Effect| matches!(effect, Effect::Room { group } if *group == full.group);
    assert_eq!(done.iter().filter(|effect| has_room(effect)).count(), 1, "{done:?}");
    outbox.publish(&event("7"), &EventCompletion::new()).unwrap();
}

#[test]
fn a_queue_without_members_keeps_its_events_for_a_while_and_tells_of_those_it_forgets() {
    let (mut outbox, now) = (Outbox::new(7), clock::now());
    outbox.join(&audit(1));
    outbox.leave(1);
    effects(&mut outbox);
    publish(&mut outbox, &event("7"), &EventCompletion::new());
    outbox.tick(now);
    let until = outbox.deadline(now).expect("it is forgotten some time");
    outbox.tick(until - Duration::from_millis(1));
    assert!(effects(&mut outbox).is_empty());
    outbox.tick(until);
    let done = effects(&mut outbox);
    let expired = |effect: &Effect| matches!(effect, Effect::Notice(Notice::Expired { lost: 1, .. }));
    assert!(done.iter().any(expired), "{done:?}");
    assert!(outbox.is_empty() && outbox.deadline(until).is_none());
}
