//! What the outbox knows, and everything that happens to it. Nothing here waits.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::task::Waker;

use super::lane::{Lane, Member, To};
use super::link::{Link, Way};
use super::parcel::{Kept, Parcel, Stage, Ticket, Under, size};
use super::{Full, Outcome};
use crate::bridge::direct::bounds::PAUSE;
use crate::bridge::direct::inbox::{Key, Taken};
use crate::bridge::direct::listed::Listed;
use crate::broker::{Event, Topic};
use crate::registry::Node;
use crate::util::clock::{self, Instant};
use crate::util::spawn::Task;

/// For how many topics is remembered who wants them.
const ROUTES: usize = 4096;

#[derive(Debug)]
pub(super) struct State {
    /// A number that no other publisher has.
    pub(super) publisher: u64,
    /// This process as a node, whose subscriptions are not looked for in the registry.
    pub(super) own: Option<String>,
    /// Which edition of the registry's nodes this is.
    pub(super) edition: u64,
    next: u64,
    pub(super) lanes: HashMap<u64, Lane>,
    queues: HashMap<(String, String), u64>,
    /// The lane of each subscription.
    places: HashMap<u64, u64>,
    /// Subscriptions that take no more, though the registry may list them for a while.
    gone: HashSet<u64>,
    pub(super) links: HashMap<u64, Link>,
    /// What is in somebody's hands.
    pub(super) under: HashMap<u64, Under>,
    /// Which lanes are about a topic, as far as it was asked.
    routes: HashMap<Topic, Arc<[u64]>>,
    pub(super) after: After,
}

/// What is to be done once the lock is given back.
#[derive(Debug, Default)]
pub(super) struct After {
    pub(super) wakers: Vec<Waker>,
    pub(super) ended: Vec<Task<()>>,
    /// Links to be opened.
    pub(super) opening: Vec<u64>,
    /// Whether the keeper has something to do.
    pub(super) keeper: bool,
}

impl State {
    pub(super) fn new(publisher: u64) -> Self {
        State {
            publisher,
            own: None,
            edition: 0,
            next: 1,
            lanes: HashMap::new(),
            queues: HashMap::new(),
            places: HashMap::new(),
            gone: HashSet::new(),
            links: HashMap::new(),
            under: HashMap::new(),
            routes: HashMap::new(),
            after: After::default(),
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Puts an event into every lane that is about it, or into none: then it says which has no room.
    pub(super) fn add(&mut self, event: &Event, ticket: &Arc<Ticket>) -> Result<(), Full> {
        let lanes = self.route(&event.topic);
        if lanes.is_empty() {
            return Ok(());
        }
        if let Some(full) = lanes.iter().find_map(|lane| self.full(*lane)) {
            return Err(full);
        }
        let kept = Kept::new(event.clone());
        for lane in lanes.iter() {
            self.put(*lane, kept.clone(), 1, Some(ticket));
        }
        Ok(())
    }

    /// Puts an event that somebody had and cannot give back into its lane. Says whether there is one.
    pub(super) fn adopt(&mut self, like: &Listed, event: &Event, attempt: u32) -> bool {
        let Some(lane) = like.queue.as_ref().and_then(|queue| self.queues.get(&key(like, queue)).copied()) else {
            return false;
        };
        self.put(lane, Kept::new(event.clone()), attempt, None);
        self.look(vec![lane]);
        true
    }

    fn put(&mut self, id: u64, kept: Arc<Kept>, attempt: u32, ticket: Option<&Arc<Ticket>>) {
        let number = self.number();
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let open = lane.is_open();
        if !open && lane.queue.is_none() {
            return;
        }
        if !open && lane.is_full() {
            // Nobody is there to be behind, and nobody is held up.
            if !std::mem::replace(&mut lane.told, true) {
                tracing::error!("{lane} was left by all and keeps no more: events are lost");
            }
            return;
        }
        let share = ticket.filter(|_| open).map(Ticket::share);
        lane.add(Parcel { number, lane: id, kept, attempt, share });
        self.assign(id);
    }

    fn full(&self, lane: u64) -> Option<Full> {
        let lane = self.lanes.get(&lane).filter(|lane| lane.is_full() && lane.is_open())?;
        let nodes = lane.members.iter().filter_map(|member| self.node(member));
        let nodes: Vec<_> = nodes.take(3).map(|node| format!("`{node}`")).collect();
        let at = if nodes.is_empty() { String::new() } else { format!(" at {}", nodes.join(", ")) };
        let who = format!("{lane}{at} has {} events waiting", lane.held());
        Some(Full { who, room: lane.room.clone().notified_owned() })
    }

    fn node(&self, member: &Member) -> Option<&str> {
        Some(&self.links.get(&member.link()?)?.node.id)
    }

    fn route(&mut self, topic: &Topic) -> Arc<[u64]> {
        if let Some(route) = self.routes.get(topic) {
            return route.clone();
        }
        let about = self.lanes.iter().filter(|(_, lane)| lane.topics.matches(topic));
        let route: Arc<[u64]> = about.map(|(id, _)| *id).collect();
        if self.routes.len() >= ROUTES {
            self.routes.clear();
        }
        self.routes.insert(topic.clone(), route.clone());
        route
    }

    /// Sees to it that whoever is about `topic` can be reached.
    pub(super) fn reach(&mut self, topic: &Topic) {
        for lane in self.route(topic).iter() {
            self.reach_all(*lane);
        }
    }

    fn reach_all(&mut self, lane: u64) {
        let State { lanes, links, after, .. } = self;
        let Some(lane) = lanes.get_mut(&lane) else { return };
        lane.used = true;
        for id in lane.members.iter().filter(|member| member.open).filter_map(Member::link) {
            let Some(link) = links.get_mut(&id) else { continue };
            link.used = true;
            if link.way == Way::Closed {
                link.way = Way::Opening;
                after.opening.push(id);
                after.keeper = true;
            }
        }
    }

    /// Gives out what waits in a lane, as far as somebody takes it.
    fn assign(&mut self, id: u64) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        while let Some((mut parcel, at)) = lane.next() {
            let member = &mut lane.members[at];
            let stage = match &member.to {
                To::Here(inbox) => {
                    let key = Key { publisher: self.publisher, number: parcel.number };
                    match inbox.take_here(key, &parcel.kept.event, parcel.attempt, &mut self.after.wakers) {
                        Taken::Yes => Stage::Taken,
                        Taken::Full => {
                            member.is_full(member.round, 0);
                            self.after.keeper = true;
                            lane.put_back(parcel);
                            continue;
                        }
                        Taken::Closed => {
                            member.open = false;
                            lane.put_back(parcel);
                            continue;
                        }
                    }
                }
                To::Link(link) => {
                    let Some(link) = self.links.get_mut(link) else {
                        member.is_reachable(false);
                        lane.put_back(parcel);
                        continue;
                    };
                    link.outgoing.push_back(parcel.number);
                    link.held += 1;
                    self.after.wakers.extend(link.writer.take());
                    Stage::Outgoing
                }
            };
            if stage == Stage::Taken {
                parcel.share = None;
            }
            member.under_way += 1;
            member.held += 1;
            let (subscription, link, round) = (member.subscription, member.link(), member.round);
            self.under.insert(parcel.number, Under { parcel, subscription, link, round, stage });
        }
    }

    /// Hears what became of a parcel from whoever has it: nobody else's word counts. Gives the lane to look at again.
    pub(super) fn settle(&mut self, from: Option<u64>, number: u64, outcome: Outcome) -> Option<u64> {
        let under = self.under.get_mut(&number).filter(|under| under.link == from)?;
        let id = under.parcel.lane;
        let member = self.lanes.get_mut(&id)?.member(under.subscription);
        if let Outcome::Again(attempt) = outcome {
            under.parcel.attempt = attempt;
            under.parcel.share = None;
            if std::mem::replace(&mut under.stage, Stage::Resting) != Stage::Resting
                && let Some(member) = member
            {
                member.under_way -= 1;
            }
            return Some(id);
        }
        let mut under = self.under.remove(&number)?;
        self.let_go(&under);
        let sent = under.link.and_then(|link| self.links.get(&link)).map_or(0, Link::sent);
        let lane = self.lanes.get_mut(&id)?;
        match outcome {
            Outcome::Done => lane.release(&under.parcel),
            Outcome::Refused => {
                let event = &under.parcel.kept.event;
                tracing::error!(topic = event.topic.as_str(), id = event.id, "{lane} refuses an event: it is lost");
                lane.release(&under.parcel);
            }
            Outcome::Full => {
                self.after.keeper = true;
                if let Some(member) = lane.member(under.subscription) {
                    member.is_full(under.round, sent);
                }
                lane.put_back(under.parcel);
            }
            Outcome::Elsewhere(attempt) => {
                if let Some(member) = lane.member(under.subscription) {
                    member.open = false;
                }
                self.gone.insert(under.subscription);
                under.parcel.attempt = attempt;
                lane.put_back(under.parcel);
            }
            Outcome::Again(_) => {}
        }
        Some(id)
    }

    /// Notes that whoever had a parcel has it no more.
    fn let_go(&mut self, under: &Under) {
        if let Some(link) = under.link.and_then(|link| self.links.get_mut(&link)) {
            link.held -= 1;
        }
        let member = self.lanes.get_mut(&under.parcel.lane).and_then(|lane| lane.member(under.subscription));
        if let Some(member) = member {
            member.held -= 1;
            member.under_way -= usize::from(under.stage != Stage::Resting);
        }
    }

    /// Looks at lanes in which something has changed: gives out what waits, and forgets who has left.
    pub(super) fn look(&mut self, mut lanes: Vec<u64>) {
        lanes.sort_unstable();
        lanes.dedup();
        for id in lanes {
            self.assign(id);
            if self.lanes.get(&id).is_some_and(|lane| !lane.waiting().is_empty()) {
                self.reach_all(id);
            }
            self.tidy(id);
        }
    }

    fn tidy(&mut self, id: u64) {
        let State { lanes, places, .. } = self;
        let Some(lane) = lanes.get_mut(&id) else { return };
        if lane.members.iter().all(|member| member.open) && !lane.members.is_empty() {
            return;
        }
        lane.members.retain(|member| {
            let stays = member.open || member.held > 0;
            if !stays {
                places.remove(&member.subscription);
            }
            stays
        });
        lane.note(clock::now());
        self.after.keeper |= lane.end().is_some();
        if lane.queue.is_none() && !lane.is_open() {
            let lost = lane.clear();
            if lost > 0 {
                tracing::debug!(lost, "{lane} has left: what waited for it is forgotten");
            }
            if lane.members.is_empty() {
                self.forget(id);
            }
        }
    }

    fn forget(&mut self, id: u64) {
        let Some(lane) = self.lanes.remove(&id) else { return };
        if let Some(queue) = &lane.queue {
            self.queues.remove(&(lane.topics.to_string(), queue.clone()));
        }
        self.routes.clear();
    }

    /// Adds a subscription to its lane.
    pub(super) fn join(&mut self, listed: &Listed, to: To) {
        if self.gone.contains(&listed.subscription) {
            return;
        }
        if let Some(id) = self.places.get(&listed.subscription).copied() {
            return self.come_back(id, listed.subscription);
        }
        let reachable = match &to {
            To::Here(_) => true,
            To::Link(link) => self.links.get(link).is_some_and(|link| link.way == Way::Open),
        };
        let id = match listed.queue.as_ref().and_then(|queue| self.queues.get(&key(listed, queue))) {
            Some(id) => *id,
            None => self.open(listed),
        };
        self.places.insert(listed.subscription, id);
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        lane.members.push(Member::new(listed, to, reachable));
        lane.note(clock::now());
        // Its turn may come with the next event, and then it is to be there.
        if lane.used {
            self.reach_all(id);
        }
        self.assign(id);
    }

    /// A subscription that the registry did not list for a while.
    fn come_back(&mut self, id: u64, subscription: u64) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        if let Some(member) = lane.member(subscription).filter(|member| !member.open) {
            member.open = true;
            lane.note(clock::now());
            self.assign(id);
        }
    }

    fn open(&mut self, listed: &Listed) -> u64 {
        let id = self.number();
        self.lanes.insert(id, Lane::new(listed));
        if let Some(queue) = &listed.queue {
            self.queues.insert(key(listed, queue), id);
        }
        self.routes.clear();
        id
    }

    /// A subscription takes no more. What it has is still settled by it.
    pub(super) fn leave(&mut self, subscription: u64) {
        let Some(id) = self.places.get(&subscription).copied() else { return };
        if let Some(member) = self.lanes.get_mut(&id).and_then(|lane| lane.member(subscription)) {
            member.open = false;
        }
        self.look(vec![id]);
    }

    /// What the registry lists now.
    pub(super) fn sync(&mut self, edition: u64, nodes: &[Arc<Node>]) {
        if edition <= self.edition {
            return;
        }
        self.edition = edition;
        let (mut listed, mut linked) = (HashSet::new(), HashSet::new());
        for node in nodes {
            if self.own.as_ref() == Some(&node.id) {
                continue;
            }
            let link = self.link(node);
            linked.insert(link);
            for subscription in Listed::of(node) {
                listed.insert(subscription.subscription);
                self.join(&subscription, To::Link(link));
            }
        }
        self.gone.retain(|subscription| listed.contains(subscription));
        let elsewhere = self.lanes.values().flat_map(|lane| &lane.members).filter(|member| member.link().is_some());
        let left = elsewhere.filter(|member| member.open && !listed.contains(&member.subscription));
        let left: Vec<u64> = left.map(|member| member.subscription).collect();
        left.into_iter().for_each(|subscription| self.leave(subscription));
        for (id, link) in &mut self.links {
            link.listed = linked.contains(id);
        }
        let over = self.links.iter().filter(|(_, link)| !link.listed && (link.way != Way::Open || link.held == 0));
        let over: Vec<u64> = over.map(|(id, _)| *id).collect();
        for id in over {
            if let Some(link) = self.links.remove(&id) {
                self.after.ended.extend(link.task);
            }
        }
    }

    /// The link to a node: another one when it has moved.
    fn link(&mut self, node: &Arc<Node>) -> u64 {
        let same = |link: &Link| link.node.id == node.id && link.node.address == node.address;
        if let Some((id, link)) = self.links.iter_mut().find(|(_, link)| same(link)) {
            link.node = node.clone();
            return *id;
        }
        let id = self.number();
        self.links.insert(id, Link::new(node.clone()));
        id
    }

    /// A link is open, or no more.
    pub(super) fn reachable(&mut self, link: u64, reachable: bool) -> Vec<u64> {
        let mut lanes = Vec::new();
        for (id, lane) in &mut self.lanes {
            for member in lane.members.iter_mut().filter(|member| member.link() == Some(link)) {
                member.is_reachable(reachable);
                lanes.push(*id);
            }
        }
        lanes
    }

    /// Takes back what is on a link that is no more. What may have been delivered counts as delivered.
    pub(super) fn take_back(&mut self, link: u64) {
        let numbers = self.under.iter().filter(|(_, under)| under.link == Some(link)).map(|(number, _)| *number);
        let numbers: Vec<u64> = numbers.collect();
        for number in numbers {
            let Some(mut under) = self.under.remove(&number) else { continue };
            self.let_go(&under);
            under.parcel.attempt += u32::from(under.stage != Stage::Outgoing);
            if let Some(lane) = self.lanes.get_mut(&under.parcel.lane) {
                lane.put_back(under.parcel);
            }
        }
    }

    /// A link has looked at so many parcels since it was opened. Those that were not returned are taken.
    pub(super) fn judged(&mut self, link: u64, taken: u64) {
        let State { links, under, .. } = self;
        let Some(link) = links.get_mut(&link) else { return };
        while link.judged < taken
            && let Some(number) = link.unjudged.pop_front()
        {
            link.judged += 1;
            if let Some(under) = under.get_mut(&number).filter(|under| under.stage == Stage::Sent) {
                under.stage = Stage::Taken;
                under.parcel.share = None;
            }
        }
    }

    /// Gives up the largest of the parcels that a link was sent and has not looked at: it takes none of that size.
    pub(super) fn drop_largest(&mut self, link: u64) {
        let unjudged = self.links.get(&link).into_iter().flat_map(|link| &link.unjudged);
        let unjudged = unjudged.filter_map(|number| self.under.get(number));
        if let Some(largest) = unjudged.max_by_key(|under| size(&under.parcel.kept.event)) {
            self.settle(Some(link), largest.parcel.number, Outcome::Refused);
        }
    }

    /// Whether anything waits for this link to open.
    pub(super) fn is_awaited(&self, link: u64) -> bool {
        let waiting = self.lanes.values().filter(|lane| !lane.waiting().is_empty());
        waiting.flat_map(|lane| &lane.members).any(|member| member.open && member.link() == Some(link))
    }

    /// Does what is due: tries those again that had no room, and forgets queues that nobody has come back to. Gives when to
    /// look again.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Instant> {
        let (mut again, mut over) = (Vec::new(), Vec::new());
        let links = &self.links;
        for (id, lane) in &mut self.lanes {
            for member in &mut lane.members {
                let judged = member.link().and_then(|link| links.get(&link)).map_or(u64::MAX, |link| link.judged);
                if member.resume(now, judged) {
                    again.push(*id);
                }
            }
            if lane.end().is_some_and(|end| end <= now) {
                over.push(*id);
            }
        }
        for id in over {
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            let lost = lane.clear();
            if lost > 0 {
                tracing::warn!(lost, "nobody has come back to {lane}: its events are forgotten");
            }
            if lane.is_empty() { self.forget(id) } else { lane.linger(now) }
        }
        self.look(again);
        let pauses = self.lanes.values().flat_map(|lane| &lane.members).filter_map(Member::pause);
        // One whose link has not looked at everything yet may be over its time.
        let pauses = pauses.map(|until| if until > now { until } else { now + PAUSE });
        pauses.chain(self.lanes.values().filter_map(Lane::end)).min()
    }

    /// Says once of every lane that is behind that it is, and what of it is not taken.
    pub(super) fn tell_behind(&mut self) {
        for lane in self.lanes.values_mut().filter(|lane| !lane.waiting().is_empty() && lane.is_open()) {
            if !std::mem::replace(&mut lane.told, true) {
                let waiting = lane.waiting().len();
                tracing::warn!(waiting, "{lane} takes no events for now: they wait in this process");
            }
        }
    }

    /// Whether anything is kept here that somebody else does not have, or that is here to be handled.
    pub(super) fn owes(&self) -> bool {
        let waits = |lane: &Lane| lane.is_open() && !lane.waiting().is_empty();
        let with_us = |under: &Under| under.link.is_none() || !matches!(under.stage, Stage::Taken | Stage::Resting);
        self.lanes.values().any(waits) || self.under.values().any(with_us)
    }
}

fn key(listed: &Listed, queue: &str) -> (String, String) {
    (listed.topics.to_string(), queue.to_owned())
}
