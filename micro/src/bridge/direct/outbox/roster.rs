//! Who is there, and the ways to them.

use std::collections::HashSet;
use std::sync::Arc;

use super::Outcome;
use super::lane::{Lane, Member, Reach, To};
use super::link::{Link, Way};
use super::parcel::{Stage, size};
use super::state::State;
use crate::bridge::direct::listed::Listed;
use crate::registry::Node;
use crate::util::clock::{self, Instant};

/// A process with subscriptions, as the registry listed it last.
#[derive(Debug)]
pub(super) struct Peer {
    node: Arc<Node>,
    link: u64,
    subscriptions: Vec<u64>,
}

impl State {
    /// What the registry lists now. Nodes that are as they were cost nothing.
    pub(super) fn sync(&mut self, edition: u64, nodes: &[Arc<Node>]) {
        if edition <= self.edition {
            return;
        }
        self.edition = edition;
        let there: HashSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        let gone: Vec<String> = self.peers.keys().filter(|id| !there.contains(id.as_str())).cloned().collect();
        for peer in gone.iter().filter_map(|id| self.peers.remove(id)).collect::<Vec<_>>() {
            self.unlist(&peer, &[]);
            self.unlink(peer.link);
        }
        for node in nodes {
            let known = self.peers.get(&node.id).is_some_and(|peer| Arc::ptr_eq(&peer.node, node));
            if !known && self.own.as_ref() != Some(&node.id) {
                self.list(node);
            }
        }
    }

    /// A node is new, or another than it was.
    fn list(&mut self, node: &Arc<Node>) {
        let before = self.peers.remove(&node.id);
        let same = before.as_ref().filter(|peer| peer.node.address == node.address).map(|peer| peer.link);
        let link = match same.and_then(|link| Some((link, self.links.get_mut(&link)?))) {
            Some((id, link)) => {
                link.node = node.clone();
                id
            }
            None => {
                let id = self.number();
                self.links.insert(id, Link::new(node.clone()));
                id
            }
        };
        let listed: Vec<Listed> = Listed::of(node).collect();
        let subscriptions: Vec<u64> = listed.iter().map(|listed| listed.subscription).collect();
        if let Some(before) = before {
            self.unlist(&before, &subscriptions);
            if before.link != link {
                self.unlink(before.link);
            }
        }
        for subscription in &listed {
            self.join(subscription, To::Link(link));
        }
        self.peers.insert(node.id.clone(), Peer { node: node.clone(), link, subscriptions });
    }

    /// The subscriptions of a peer are gone, but for those that stay.
    fn unlist(&mut self, peer: &Peer, stay: &[u64]) {
        for subscription in peer.subscriptions.iter().filter(|subscription| !stay.contains(subscription)) {
            self.gone.remove(subscription);
            self.leave(*subscription);
        }
    }

    /// Remembers a subscription that has ended for as long as the registry lists it, so that it is not joined again. One that
    /// is not listed, as those of this process, needs no memory.
    pub(super) fn has_left(&mut self, subscription: u64) {
        if self.peers.values().any(|peer| peer.subscriptions.contains(&subscription)) {
            self.gone.insert(subscription);
        }
    }

    /// A link leads to nobody who is listed. While it is open and something is on it, it stays: that is still settled.
    fn unlink(&mut self, id: u64) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.listed = false;
        if link.way != Way::Open || link.held == 0 {
            let link = self.links.remove(&id);
            self.after.ended.extend(link.and_then(|link| link.task));
            let lanes = self.reaches(id);
            self.look(lanes);
        }
    }

    /// Adds a subscription to its lane.
    pub(super) fn join(&mut self, listed: &Listed, to: To) {
        if self.gone.contains(&listed.subscription) {
            return;
        }
        if let Some(id) = self.places.get(&listed.subscription).copied() {
            return self.come_back(id, listed.subscription);
        }
        let reach = match &to {
            To::Here(_) => Reach::Open,
            To::Link(link) => self.links.get(link).map_or(Reach::Lost, Link::reach),
        };
        let id = match listed.queue.as_ref().and_then(|queue| self.queues.get(&key(listed, queue))) {
            Some(id) => *id,
            None => self.open(listed),
        };
        self.places.insert(listed.subscription, id);
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        lane.members.push(Member::new(listed, to, reach));
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

    /// Forgets members of a lane that have left and hold nothing, and the lane, where it is for nobody else.
    pub(super) fn tidy(&mut self, id: u64) {
        let State { lanes, places, .. } = self;
        let Some(lane) = lanes.get_mut(&id) else { return };
        if lane.members.iter().all(|member| member.open) && !lane.members.is_empty() {
            return;
        }
        // Nothing waits for one that goes.
        lane.spread();
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

    pub(super) fn forget(&mut self, id: u64) {
        let Some(lane) = self.lanes.remove(&id) else { return };
        if let Some(queue) = &lane.queue {
            self.queues.remove(&(lane.topics.to_string(), queue.clone()));
        }
        self.routes.clear();
    }

    /// Notes how far those are within reach to whom a link leads.
    pub(super) fn reaches(&mut self, link: u64) -> Vec<u64> {
        let reach = self.links.get(&link).map_or(Reach::Lost, Link::reach);
        let mut lanes = Vec::new();
        for (id, lane) in &mut self.lanes {
            for member in lane.members.iter_mut().filter(|member| member.link() == Some(link)) {
                member.reach(reach);
                lanes.push(*id);
            }
        }
        lanes
    }

    /// Waits no longer for links that should be open by now.
    pub(super) fn lose_hope(&mut self, now: Instant) -> Vec<u64> {
        let late = self.links.iter_mut().filter(|(_, link)| link.hope.is_some_and(|until| until <= now));
        let late = late.map(|(id, link)| {
            link.is_lost();
            *id
        });
        late.collect::<Vec<_>>().into_iter().flat_map(|link| self.reaches(link)).collect()
    }

    /// Takes back what is on a link that is no more. What may have been delivered counts as delivered.
    pub(super) fn take_back(&mut self, link: u64) {
        let numbers = self.under.iter().filter(|(_, under)| under.link == Some(link)).map(|(number, _)| *number);
        let numbers: Vec<u64> = numbers.collect();
        for number in numbers {
            let Some(mut under) = self.under.remove(&number) else { continue };
            self.let_go(&under);
            let delivered = u32::from(under.stage != Stage::Outgoing);
            under.parcel.attempt = under.parcel.attempt.saturating_add(delivered);
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
        let waiting = self.lanes.values().filter(|lane| lane.is_waiting());
        waiting.flat_map(|lane| &lane.members).any(|member| member.open && member.link() == Some(link))
    }
}

/// What a queue is known by.
pub(super) fn key(listed: &Listed, queue: &str) -> (String, String) {
    (listed.topics.to_string(), queue.to_owned())
}
