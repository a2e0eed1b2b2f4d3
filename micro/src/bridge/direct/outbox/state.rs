//! What the outbox knows, and everything that happens to it. Nothing here waits.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::task::Waker;

use super::lane::{Lane, Member, Reach, To};
use super::link::{Link, Way};
use super::parcel::{Kept, Parcel, Stage, Ticket, Under};
use super::roster::{self, Peer};
use super::{Full, Outcome};
use crate::bridge::direct::bounds::{GRACE, PAUSE};
use crate::bridge::direct::inbox::{Key, Taken};
use crate::bridge::direct::listed::Listed;
use crate::broker::{Event, Topic};
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
    pub(super) queues: HashMap<(String, String), u64>,
    /// The lane of each subscription.
    pub(super) places: HashMap<u64, u64>,
    /// Subscriptions that take no more, though the registry may list them for a while.
    pub(super) gone: HashSet<u64>,
    /// The processes that the registry lists.
    pub(super) peers: HashMap<String, Peer>,
    pub(super) links: HashMap<u64, Link>,
    /// What is in somebody's hands.
    pub(super) under: HashMap<u64, Under>,
    /// Which lanes are about a topic, as far as it was asked.
    pub(super) routes: HashMap<Topic, Arc<[u64]>>,
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
            peers: HashMap::new(),
            links: HashMap::new(),
            under: HashMap::new(),
            routes: HashMap::new(),
            after: After::default(),
        }
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Puts an event into every lane that is about it, or into none: then it says which has no room.
    pub(super) fn add(&mut self, event: &Event, ticket: &Arc<Ticket>) -> Result<(), Full> {
        let lanes = self.route(&event.topic);
        if lanes.is_empty() {
            return Ok(());
        }
        let kept = Kept::new(event.clone());
        if let Some(full) = lanes.iter().find_map(|lane| self.full(*lane, kept.key)) {
            return Err(full);
        }
        for lane in lanes.iter() {
            self.put(*lane, kept.clone(), 1, Some(ticket));
        }
        Ok(())
    }

    /// Puts an event that somebody had and cannot give back into its lane. Says whether there is one.
    pub(super) fn adopt(&mut self, like: &Listed, event: &Event, attempt: u32) -> bool {
        let Some(lane) = like.queue.as_ref().and_then(|queue| self.queues.get(&roster::key(like, queue)).copied())
        else {
            return false;
        };
        self.put(lane, Kept::new(event.clone()), attempt, None);
        self.look(vec![lane]);
        true
    }

    fn put(&mut self, id: u64, kept: Arc<Kept>, attempt: u32, ticket: Option<&Arc<Ticket>>) {
        let number = self.number();
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let (open, away) = (lane.is_open(), lane.is_away());
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
        // In this process it is as well kept here as taken.
        let share = ticket.filter(|_| away).map(Ticket::share);
        lane.add(Parcel { number, lane: id, kept, attempt, share });
        self.assign(id);
    }

    fn full(&mut self, id: u64, key: Option<u64>) -> Option<Full> {
        let lane = self.lanes.get(&id).filter(|lane| lane.is_open())?;
        let (home, waiting) = match key.filter(|_| lane.queue.is_some()) {
            _ if lane.is_full() => (None, lane.held()),
            Some(key) => lane.is_full_of(key)?,
            None => return None,
        };
        let members = lane.members.iter().filter(|member| home.is_none_or(|home| member.subscription == home));
        let nodes = members.filter_map(|member| self.node(member)).take(3);
        let nodes: Vec<_> = nodes.map(|node| format!("`{node}`")).collect();
        let at = if nodes.is_empty() { String::new() } else { format!(" at {}", nodes.join(", ")) };
        let who = format!("{lane}{at} has {waiting} events waiting");
        Some(Full { who, room: self.lanes.get_mut(&id)?.room() })
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

    pub(super) fn reach_all(&mut self, lane: u64) {
        let State { lanes, links, after, .. } = self;
        let Some(lane) = lanes.get_mut(&lane) else { return };
        lane.used = true;
        for id in lane.members.iter().filter(|member| member.open).filter_map(Member::link) {
            let Some(link) = links.get_mut(&id) else { continue };
            link.used = true;
            if link.way == Way::Closed {
                link.way = Way::Opening;
                link.hope.get_or_insert_with(|| clock::after(GRACE));
                after.opening.push(id);
                after.keeper = true;
            }
        }
    }

    /// Gives out what waits in a lane, as far as somebody takes it.
    pub(super) fn assign(&mut self, id: u64) {
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
                        member.reach(Reach::Lost);
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
            lane.hold(&parcel, subscription);
            self.under.insert(parcel.number, Under { parcel, subscription, link, round, stage });
        }
    }

    /// Hears what became of a parcel from whoever has it: nobody else's word counts. Gives the lane to look at again.
    pub(super) fn settle(&mut self, from: Option<u64>, number: u64, outcome: Outcome) -> Option<u64> {
        let under = self.under.get_mut(&number).filter(|under| under.link == from)?;
        let id = under.parcel.lane;
        let lane = self.lanes.get_mut(&id)?;
        if let Outcome::Again(attempt) = outcome {
            under.parcel.attempt = attempt;
            under.parcel.share = None;
            if std::mem::replace(&mut under.stage, Stage::Resting) != Stage::Resting {
                lane.free(&under.parcel);
                if let Some(member) = lane.member(under.subscription) {
                    member.under_way -= 1;
                }
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
                under.parcel.attempt = attempt;
                lane.put_back(under.parcel);
                self.has_left(under.subscription);
            }
            Outcome::Again(_) => {}
        }
        Some(id)
    }

    /// Notes that whoever had a parcel has it no more.
    pub(super) fn let_go(&mut self, under: &Under) {
        if let Some(link) = under.link.and_then(|link| self.links.get_mut(&link)) {
            link.held -= 1;
        }
        let Some(lane) = self.lanes.get_mut(&under.parcel.lane) else { return };
        let is_under_way = under.stage != Stage::Resting;
        if is_under_way {
            lane.free(&under.parcel);
        }
        if let Some(member) = lane.member(under.subscription) {
            member.held -= 1;
            member.under_way -= usize::from(is_under_way);
        }
    }

    /// Looks at lanes in which something has changed: gives out what waits, and forgets who has left.
    pub(super) fn look(&mut self, mut lanes: Vec<u64>) {
        lanes.sort_unstable();
        lanes.dedup();
        for id in lanes {
            self.assign(id);
            if self.lanes.get(&id).is_some_and(Lane::is_waiting) {
                self.reach_all(id);
            }
            self.tidy(id);
        }
    }

    /// Does what is due: tries those again that had no room, lets go of those that cannot be reached, and forgets queues that
    /// nobody has come back to. Gives when to look again.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Instant> {
        let (mut again, mut over) = (self.lose_hope(now), Vec::new());
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
        let hopes = self.links.values().filter_map(|link| link.hope);
        pauses.chain(self.lanes.values().filter_map(Lane::end)).chain(hopes).min()
    }

    /// Says once of every lane that is behind that it is, and what of it is not taken.
    pub(super) fn tell_behind(&mut self) {
        for lane in self.lanes.values_mut().filter(|lane| lane.is_waiting() && lane.is_open()) {
            if !std::mem::replace(&mut lane.told, true) {
                let waiting = lane.waiting();
                tracing::warn!(waiting, "{lane} takes no events for now: they wait in this process");
            }
        }
    }

    /// Whether anything is kept here that somebody else does not have, or that is here to be handled.
    pub(super) fn owes(&self) -> bool {
        let waits = |lane: &Lane| lane.is_open() && lane.is_waiting();
        let with_us = |under: &Under| under.link.is_none() || !matches!(under.stage, Stage::Taken | Stage::Resting);
        self.lanes.values().any(waits) || self.under.values().any(with_us)
    }
}
