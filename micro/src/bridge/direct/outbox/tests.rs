//! Whatever happens in whatever order: the books balance, and nothing that somebody could have is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Waker;

use super::link::Way;
use super::*;
use crate::bridge::direct::bounds::GRACE;
use crate::broker::Subscription;
use crate::errors::Result;

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
    subscriptions: BTreeMap<u64, Listed>,
    /// What it has taken and not settled.
    taken: Vec<Taken>,
    looked: u64,
}

#[derive(Clone)]
struct Taken {
    parcel: Addressed,
    body: String,
    /// Whether it came over a link that is still there.
    heard: bool,
}

struct Game {
    dice: Dice,
    outbox: Outbox,
    peers: BTreeMap<String, Peer>,
    edition: u64,
    subscriptions: u64,
    published: usize,
    /// What each queue has handled, and how often.
    handled: BTreeMap<String, usize>,
}

fn topic() -> Topic {
    "orders.placed".parse().unwrap()
}

impl Game {
    fn new(seed: u64) -> Self {
        Game {
            dice: Dice(seed),
            outbox: Outbox::new(),
            peers: BTreeMap::new(),
            edition: 0,
            subscriptions: 0,
            published: 0,
            handled: BTreeMap::new(),
        }
    }

    fn list(&mut self) {
        self.edition += 1;
        let nodes = self.peers.iter().map(|(id, peer)| {
            let node = Node::new("micro.events", id.clone()).with_id(id);
            Arc::new(peer.subscriptions.values().fold(node, |node, listed| listed.on(node)))
        });
        self.outbox.sync(self.edition, &nodes.collect::<Vec<_>>());
    }

    fn subscribe(&mut self, id: &str) {
        self.subscriptions += 1;
        let asked = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
        let listed = Listed::new(self.subscriptions, &asked.with_in_flight(1 + self.dice.below(5)));
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
        let (mut rest, ticket) = (&events[..], Ticket::new());
        assert!(self.outbox.add(&mut rest, &ticket).is_ok());
        self.published += count;
    }

    fn links(&self, way: Way) -> Vec<(u64, String)> {
        self.outbox.with(|state| {
            let links = state.links.iter().filter(|(_, link)| link.way == way);
            let mut links: Vec<_> = links.map(|(id, link)| (*id, link.node.id.clone())).collect();
            links.sort();
            links
        })
    }

    fn some(&mut self, links: &[(u64, String)]) -> Option<(u64, String)> {
        (!links.is_empty()).then(|| links[self.dice.below(links.len())].clone())
    }

    /// A peer takes in what is written on its link, and says what it likes of it.
    fn move_on(&mut self, link: u64, id: &str) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let mut receipt = Receipt::default();
        while let Poll::Ready(Some(handover)) = self.outbox.poll_write(link, &Cx::from_waker(Waker::noop())) {
            for parcel in handover.parcels {
                peer.looked += 1;
                let body = super::super::contract::Happening::event(&parcel.event).unwrap().body;
                let same = |taken: &&mut Taken| {
                    (taken.parcel.number, taken.parcel.subscription) == (parcel.number, parcel.subscription)
                };
                if let Some(known) = peer.taken.iter_mut().find(same) {
                    known.heard = true;
                    continue;
                }
                let why = match self.dice.below(12) {
                    _ if !peer.subscriptions.contains_key(&parcel.subscription) => Why::Elsewhere,
                    0 => Why::Full,
                    _ => {
                        let body = String::from_utf8(body.to_vec()).unwrap();
                        peer.taken.push(Taken { parcel, body, heard: true });
                        continue;
                    }
                };
                receipt.returned.push(crate::bridge::direct::contract::Returned {
                    number: parcel.number,
                    attempt: parcel.attempt,
                    why,
                });
            }
        }
        receipt.taken = peer.looked;
        while !peer.taken.is_empty() && self.dice.below(3) > 0 {
            let at = self.dice.below(peer.taken.len());
            let Taken { parcel, body, heard } = peer.taken[at].clone();
            let why = match self.dice.below(10) {
                0 if heard => Some(Why::Again),
                1 if heard => Some(Why::Elsewhere),
                _ => None,
            };
            if why != Some(Why::Again) {
                peer.taken.remove(at);
            }
            match why {
                None => {
                    *self.handled.entry(body).or_default() += 1;
                    receipt.done.extend(heard.then_some(parcel.number));
                }
                Some(why) => {
                    let (number, attempt) = (parcel.number, parcel.attempt + u32::from(why == Why::Again));
                    receipt.returned.push(crate::bridge::direct::contract::Returned { number, attempt, why });
                    // It says so only of a subscription that has ended.
                    if why == Why::Elsewhere {
                        peer.subscriptions.remove(&parcel.subscription);
                    }
                }
            }
        }
        self.outbox.receive(link, receipt);
    }

    fn step(&mut self) {
        let id = format!("peer-{}", self.dice.below(4));
        let (opening, open) = (self.links(Way::Opening), self.links(Way::Open));
        match self.dice.below(17) {
            0 => self.subscribe(&id),
            1..=3 => self.publish(),
            4..=6 => {
                if let Some((link, id)) = self.some(&opening) {
                    self.peers.entry(id).or_default().looked = 0;
                    self.outbox.opened(link);
                }
            }
            7..=12 => {
                if let Some((link, id)) = self.some(&open) {
                    self.move_on(link, &id);
                }
            }
            13 => {
                // A link breaks; whoever is there may be another process afterwards.
                if let Some((link, id)) = self.some(&open) {
                    let peer = self.peers.entry(id).or_default();
                    peer.taken.iter_mut().for_each(|taken| taken.heard = false);
                    if self.dice.below(2) == 0 {
                        peer.taken.clear();
                    }
                    self.outbox.ended(link, Err(&Error::unavailable("broken")));
                }
            }
            14 => {
                if let Some((link, _)) = self.some(&opening) {
                    self.outbox.ended(link, Err(&Error::unavailable("unreachable")));
                }
            }
            15 => drop(self.outbox.with(|state| state.expire(clock::after(GRACE)))),
            _ => {
                // A process vanishes, or one of its subscriptions does.
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.subscriptions.pop_first();
                }
                let vanishes = self.dice.below(3) == 0 && self.peers.remove(&id).is_some();
                self.list();
                for (link, _) in open.iter().filter(|(_, other)| vanishes && *other == id) {
                    self.outbox.ended(*link, Err(&Error::unavailable("broken")));
                }
            }
        }
    }

    /// Every parcel is counted where it is, and nowhere else.
    fn check(&self) -> Result<(), String> {
        self.outbox.with(|state| {
            let mut with_members = BTreeMap::new();
            let mut with_links = BTreeMap::<u64, usize>::new();
            let mut in_lanes = BTreeMap::<u64, usize>::new();
            for under in state.under.values() {
                let place = u64::from(under.stage != Stage::Resting);
                let with: &mut (u64, u64) = with_members.entry(under.subscription).or_default();
                *with = (with.0 + 1, with.1 + place);
                *in_lanes.entry(under.parcel.lane).or_default() += 1;
                if let Some(link) = under.link {
                    *with_links.entry(link).or_default() += 1;
                }
            }
            for (id, lane) in &state.lanes {
                let numbers: Vec<u64> = lane.waiting.iter().map(|parcel| parcel.number).collect();
                if !numbers.is_sorted() {
                    return Err(format!("out of order: {numbers:?}"));
                }
                let under = state.under.values().filter(|under| under.parcel.lane == *id);
                if lane.held() != lane.waiting() + in_lanes.get(id).copied().unwrap_or_default() {
                    return Err(format!("{lane} counts {} parcels", lane.held()));
                }
                lane.balances(under)?;
                for member in &lane.members {
                    let with = with_members.remove(&member.subscription).unwrap_or_default();
                    if with != (member.held as u64, member.under_way as u64) {
                        return Err(format!("{member:?} has {with:?}"));
                    }
                }
            }
            if !with_members.is_empty() {
                return Err(format!("with nobody: {with_members:?}"));
            }
            for (id, link) in &state.links {
                let held = with_links.get(id).copied().unwrap_or_default();
                if held != link.held || (link.way != Way::Open && held > 0) {
                    return Err(format!("{link:?} holds {held}"));
                }
            }
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_books_balance_and_nothing_is_lost() {
    for seed in 0..25 {
        let mut game = Game::new(seed);
        game.subscribe("peer-0");
        for step in 0..300 {
            game.step();
            game.check().unwrap_or_else(|wrong| panic!("seed {seed}, step {step}: {wrong}"));
        }
        // From here on nobody fails, and everything is handled.
        game.subscribe("last");
        for round in 0.. {
            assert!(round < 2_000, "seed {seed}: {} of {}", game.handled.len(), game.published);
            clock::sleep(crate::bridge::direct::bounds::PAUSE).await;
            game.outbox.expire();
            game.list();
            if game.peers.values().all(|peer| peer.subscriptions.is_empty()) {
                game.subscribe("last");
            }
            for (link, id) in game.links(Way::Opening) {
                game.peers.entry(id).or_default().looked = 0;
                game.outbox.opened(link);
            }
            for (link, id) in game.links(Way::Open) {
                game.move_on(link, &id);
            }
            if round == 0 {
                game.publish();
            }
            game.check().unwrap_or_else(|wrong| panic!("seed {seed}, round {round}: {wrong}"));
            if game.outbox.with(|state| state.lanes.values().all(super::lane::Lane::is_empty)) {
                break;
            }
        }
        let expected: BTreeSet<String> = (0..game.published).map(|body| body.to_string()).collect();
        let lost: Vec<_> = expected.iter().filter(|body| !game.handled.contains_key(*body)).collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:?}");
    }
}

fn nodes(subscriptions: &[Listed]) -> Vec<Arc<Node>> {
    let node = Node::new("micro.events", "10.0.0.7:1").with_id("peer");
    vec![Arc::new(subscriptions.iter().fold(node, |node, listed| listed.on(node)))]
}

fn remembered(outbox: &Outbox) -> usize {
    outbox.with(|state| state.gone.len())
}

/// Subscriptions that have ended are remembered for as long as the registry may list them, and no longer.
#[tokio::test(start_paused = true)]
async fn a_subscription_of_this_process_that_ended_is_not_remembered() {
    let outbox = Arc::new(Outbox::new());
    for subscription in 1..=100 {
        let asked = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
        let inbox = Inbox::new(Listed::new(subscription, &asked), Arc::default(), Arc::downgrade(&outbox));
        outbox.join(&inbox);
        let mut events = &[Event::new(topic(), "7")][..];
        assert!(outbox.add(&mut events, &Ticket::new()).is_ok());
        // What a reader does that is dropped.
        outbox.leave(subscription);
        inbox.close();
        inbox.clear();
    }
    assert_eq!(remembered(&outbox), 0);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_ends_after_its_node_has_left_is_not_remembered() {
    let outbox = Outbox::new();
    let asked = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
    let listed = Listed::new(1, &asked);
    outbox.sync(1, &nodes(std::slice::from_ref(&listed)));
    let mut events = &[Event::new(topic(), "7"), Event::new(topic(), "8")][..];
    assert!(outbox.add(&mut events, &Ticket::new()).is_ok());
    let (link, _) = outbox.opening()[0].clone();
    outbox.opened(link);
    let Poll::Ready(Some(handover)) = outbox.poll_write(link, &Cx::from_waker(Waker::noop())) else { panic!() };
    let return_one = |at: usize| {
        let number = handover.parcels[at].number;
        let returned = vec![crate::bridge::direct::contract::Returned { number, attempt: 1, why: Why::Elsewhere }];
        outbox.receive(link, Receipt { taken: 2, done: Vec::new(), returned });
    };
    return_one(0);
    assert_eq!(remembered(&outbox), 1, "the registry still lists it");
    outbox.sync(2, &[]);
    assert_eq!(remembered(&outbox), 0);
    return_one(1);
    assert_eq!(remembered(&outbox), 0);
}
