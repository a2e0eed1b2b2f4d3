//! The outbox, assembled from its parts.

mod connections;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::bridge::direct::advertisement::Advertisement;
use crate::bridge::direct::outbox::effect::{Effect, Handover, Notice};
use crate::bridge::direct::outbox::group::Group;
use crate::bridge::direct::outbox::groups::Groups;
use crate::bridge::direct::outbox::in_flight::SentEvents;
use crate::bridge::direct::outbox::membership::{Membership, MembershipChange};
use crate::bridge::direct::outbox::route::MemberRoute;
use crate::bridge::direct::outbox::session::{Disconnected, MemberSession};
use crate::bridge::direct::outbox::sessions::{Sent, Sessions};
use crate::bridge::direct::outcome::{EventOutcome, Rejected};
use crate::bridge::direct::pending::{EventCompletion, PendingEvents, StoredEvent};
use crate::broker::{Event, Topic};
use crate::registry::Node;
use crate::util::clock::Instant;

/// The unsettled events of this process.
#[derive(Debug)]
pub(in crate::bridge::direct) struct Outbox {
    /// Unique id of this publisher.
    publisher: u64,
    last_number: u64,
    membership: Membership,
    groups: Groups,
    sessions: Sessions,
    /// Groups to process.
    scheduled: VecDeque<u64>,
    effects: VecDeque<Effect>,
}

/// Error: a group has no space for an event.
#[derive(Debug)]
pub(in crate::bridge::direct) struct Full {
    /// Id of the group; [`Effect::Room`] reports when there may be space.
    pub(in crate::bridge::direct) group: u64,
    /// Description of the group and its number of waiting events, for error messages.
    pub(in crate::bridge::direct) what: String,
}

impl Outbox {
    pub(in crate::bridge::direct) fn new(publisher: u64) -> Self {
        Outbox {
            publisher,
            last_number: 0,
            membership: Membership::default(),
            groups: Groups::default(),
            sessions: Sessions::default(),
            scheduled: VecDeque::new(),
            effects: VecDeque::new(),
        }
    }

    pub(in crate::bridge::direct) fn publisher(&self) -> u64 {
        self.publisher
    }

    /// Returns the next effect. Must be called after every other method until it returns `None`.
    pub(in crate::bridge::direct) fn poll_effect(&mut self) -> Option<Effect> {
        loop {
            if let Some(effect) = self.effects.pop_front() {
                return Some(effect);
            }
            let id = *self.scheduled.front()?;
            let Some(assignment) = self.groups.get_mut(id).and_then(Group::next) else {
                self.scheduled.pop_front();
                self.look_at(id);
                continue;
            };
            match self.sessions.send(assignment.in_flight, assignment.route) {
                Sent::Local(handover) => return Some(Effect::Deliver(handover)),
                Sent::MemberSession { session, wakes_writer } => {
                    if wakes_writer {
                        return Some(Effect::Write { session });
                    }
                }
                Sent::Lost { session, in_flight } => {
                    self.update_reach(session);
                    self.take_back(vec![in_flight]);
                }
            }
        }
    }

    /// Opens connections to all subscribers of `topic`. Must be called before events of that topic are published.
    pub(in crate::bridge::direct) fn connect(&mut self, topic: &Topic) {
        for group in self.groups.about(topic).iter() {
            self.connect_group(*group);
        }
    }

    /// Adds an event to every group that matches its topic, or to none.
    ///
    /// # Errors
    ///
    /// [`Full`], with the group that has no space.
    pub(in crate::bridge::direct) fn publish(
        &mut self,
        event: &Event,
        completion: &Arc<EventCompletion>,
    ) -> Result<(), Full> {
        let groups = self.groups.about(&event.topic);
        if groups.is_empty() {
            return Ok(());
        }
        let event = StoredEvent::new(event.clone());
        if let Some(full) = groups.iter().find_map(|group| self.full(*group, event.key())) {
            return Err(full);
        }
        for group in groups.iter() {
            self.push(*group, event.clone(), 1, Some(completion));
        }
        Ok(())
    }

    /// Takes over an event of a publisher that is gone, released by a subscription with the advertisement `like`. Returns `true`
    /// if there is a queue for the event.
    pub(in crate::bridge::direct) fn take_over(&mut self, like: &Advertisement, event: &Event, attempt: u32) -> bool {
        let Some(group) = self.groups.queue(like) else { return false };
        self.push(group, StoredEvent::new(event.clone()), attempt, None);
        true
    }

    /// Advances the timers to `now`.
    pub(in crate::bridge::direct) fn tick(&mut self, now: Instant) {
        self.sessions.tick(now).into_iter().for_each(|session| self.update_reach(session));
        let mut expired = Vec::new();
        for (id, group) in self.groups.iter_mut() {
            let received = |session| self.sessions.get(session).map_or(u64::MAX, MemberSession::received_count);
            let ticked = group.tick(now, received);
            if (ticked.is_resumed || ticked.is_expired) && group.schedule() {
                self.scheduled.push_back(id);
            }
            if !ticked.discarded.is_empty() {
                let notice = Notice::Expired { group: group.to_string(), lost: ticked.discarded.len() };
                self.effects.push_back(Effect::Notice(notice));
            }
            if ticked.is_expired && group.is_empty() {
                expired.push(id);
            }
        }
        expired.into_iter().for_each(|group| self.remove_group(group));
    }

    /// Returns the next deadline. Must be called after [`tick`](Self::tick).
    pub(in crate::bridge::direct) fn deadline(&self, now: Instant) -> Option<Instant> {
        let groups = self.groups.iter().filter_map(|group| group.deadline(now));
        groups.chain(self.sessions.deadline()).min()
    }

    /// Emits a notice for every group that does not keep up, once until the group has caught up.
    pub(in crate::bridge::direct) fn report_backlog(&mut self) {
        for (_, group) in self.groups.iter_mut().filter(|(_, group)| group.is_waiting() && group.is_open()) {
            if group.report() {
                let notice = Notice::Behind { group: group.to_string(), waiting: group.backlog() };
                self.effects.push_back(Effect::Notice(notice));
            }
        }
    }

    /// Returns `true` if there are events that no other process has accepted, or that are handled in this process.
    pub(in crate::bridge::direct) fn has_unflushed(&self) -> bool {
        self.sessions.has_unflushed() || self.groups.iter().any(|group| group.is_open() && group.is_waiting())
    }

    /// Drops all sessions and the events in flight with them.
    pub(in crate::bridge::direct) fn close(&mut self) {
        self.effects.extend(self.sessions.drain().map(|session| Effect::Disconnect { session }));
    }
}

/// Members.
impl Outbox {
    /// Sets the node whose subscriptions are those of this process.
    pub(in crate::bridge::direct) fn set_own(&mut self, node: &str) {
        self.membership.set_own(node);
    }

    /// Adds a subscription of this process.
    pub(in crate::bridge::direct) fn join(&mut self, subscription: &Advertisement) {
        self.join_by(subscription, MemberRoute::Local);
    }

    /// Stops sending events to a subscription. Events held by the subscription are still settled.
    pub(in crate::bridge::direct) fn leave(&mut self, subscription: u64) {
        let Some(id) = self.groups.of(subscription) else { return };
        if let Some(group) = self.groups.get_mut(id) {
            group.close(subscription);
        }
        self.schedule(id);
    }

    /// Applies the nodes listed in the registry.
    pub(in crate::bridge::direct) fn sync(&mut self, revision: u64, nodes: &[Arc<Node>]) {
        for change in self.membership.sync(revision, nodes) {
            match change {
                MembershipChange::Opened { session, node } => self.sessions.insert(session, MemberSession::new(node)),
                MembershipChange::Updated { session, node } => {
                    if let Some(session) = self.sessions.get_mut(session) {
                        session.set_node(node);
                    }
                }
                MembershipChange::Joined { session, advertisement } => {
                    self.join_by(&advertisement, MemberRoute::MemberSession(session))
                }
                MembershipChange::Left { subscription } => self.leave(subscription),
                MembershipChange::Closed { session } => {
                    if self.sessions.get_mut(session).is_some_and(MemberSession::unlist) {
                        self.remove_session(session);
                    }
                }
            }
        }
    }

    fn join_by(&mut self, subscription: &Advertisement, route: MemberRoute) {
        let reach = self.sessions.reach(route);
        let (id, group) = self.groups.join(subscription);
        if !group.join(subscription, route, reach) {
            return;
        }
        // The new member may be next in turn, so its connection is opened early.
        if group.is_used() {
            self.connect_group(id);
        }
        self.schedule(id);
    }
}

/// Events reported by subscriptions of this process.
impl Outbox {
    /// Handles an event that a subscription of this process has not accepted.
    pub(in crate::bridge::direct) fn reject(&mut self, handover: Handover, why: Rejected) {
        let Some((mut in_flight, _)) = self.sessions.take(MemberRoute::Local, handover.number) else { return };
        in_flight.pending.completion = handover.completion;
        if let Some(group) = self.groups.get_mut(in_flight.group) {
            group.reject(in_flight, why);
        }
        self.effects.push_back(Effect::Tick);
    }

    /// Handles the outcome of an event reported by a subscription of this process.
    pub(in crate::bridge::direct) fn settle(&mut self, number: u64, outcome: EventOutcome) {
        self.settle_from(MemberRoute::Local, number, outcome);
    }

    /// Handles the outcome of an event, which is ignored unless the event is in flight on the route `from`.
    fn settle_from(&mut self, from: MemberRoute, number: u64, outcome: EventOutcome) {
        if let EventOutcome::Delayed { attempt } = outcome {
            let Some(in_flight) = self.sessions.in_flight(from, number) else { return };
            let Some(group) = self.groups.get_mut(in_flight.group) else { return };
            self.effects.extend(group.delay(in_flight, attempt).map(Effect::Complete));
            if group.schedule() {
                self.scheduled.push_back(in_flight.group);
            }
        } else if let Some((in_flight, sent)) = self.sessions.take(from, number) {
            self.settle_in_flight(in_flight, outcome, sent);
        }
    }
}

/// Groups.
impl Outbox {
    fn push(&mut self, id: u64, event: Arc<StoredEvent>, attempt: u32, completion: Option<&Arc<EventCompletion>>) {
        let Some(group) = self.groups.get_mut(id) else { return };
        if !group.is_open() {
            if group.queue().is_none() {
                return;
            }
            if group.is_full() {
                // Dropped without an error: no subscriber is behind, and publishers are not held up.
                if group.report() {
                    self.effects.push_back(Effect::Notice(Notice::Overflow { group: group.to_string() }));
                }
                return;
            }
        }
        self.last_number += 1;
        // Within this process an event is as safe in the outbox as with a subscription.
        let completion = completion.filter(|_| group.is_remote()).map(EventCompletion::guard);
        group.push(PendingEvents { number: self.last_number, event, attempt, completion });
        self.schedule(id);
    }

    fn full(&mut self, id: u64, key: Option<u64>) -> Option<Full> {
        let group = self.groups.get_mut(id)?;
        let no_room = group.no_room(key)?;
        let sessions = group.sessions_of(no_room.subscription).filter_map(|session| self.sessions.get(session));
        let nodes: Vec<_> = sessions.take(3).map(|session| format!("`{}`", session.node().id)).collect();
        let at = if nodes.is_empty() { String::new() } else { format!(" at {}", nodes.join(", ")) };
        Some(Full { group: id, what: format!("{group}{at} has {} events waiting", no_room.events) })
    }

    fn settle_in_flight(&mut self, mut in_flight: SentEvents, outcome: EventOutcome, sent: u64) {
        let (id, subscription) = (in_flight.group, in_flight.subscription);
        let Some(group) = self.groups.get_mut(id) else { return };
        match outcome {
            EventOutcome::Acked | EventOutcome::Refused => {
                if outcome == EventOutcome::Refused {
                    let event = in_flight.pending.event.event();
                    let (topic, event) = (event.topic.to_string(), event.id.clone());
                    let notice = Notice::Refused { group: group.to_string(), topic, id: event };
                    self.effects.push_back(Effect::Notice(notice));
                }
                self.effects.extend(in_flight.pending.completion.take().map(Effect::Complete));
                group.ack(in_flight);
            }
            EventOutcome::Full => {
                group.full(in_flight, sent);
                self.effects.push_back(Effect::Tick);
            }
            EventOutcome::Reroute { attempt } => {
                group.reroute(in_flight, attempt);
                self.membership.depart(subscription);
            }
            EventOutcome::Delayed { attempt } => drop(group.delay(&mut in_flight, attempt)),
        }
        self.schedule(id);
    }

    fn schedule(&mut self, id: u64) {
        if self.groups.get_mut(id).is_some_and(Group::schedule) {
            self.scheduled.push_back(id);
        }
    }

    /// Processes a group that has no more events to assign for now.
    fn look_at(&mut self, id: u64) {
        let Some(group) = self.groups.get_mut(id) else { return };
        group.unschedule();
        let pruned = group.prune();
        if !pruned.discarded.is_empty() {
            let notice = Notice::Left { group: group.to_string(), lost: pruned.discarded.len() };
            self.effects.push_back(Effect::Notice(notice));
        }
        if group.take_room_freed() {
            self.effects.push_back(Effect::Room { group: id });
        }
        if pruned.is_deserted {
            self.effects.push_back(Effect::Tick);
        }
        let is_waiting = group.is_waiting();
        self.groups.forget(&pruned.subscriptions);
        let discarded = pruned.discarded.into_iter().filter_map(|pending| pending.completion);
        self.effects.extend(pruned.completed.into_iter().chain(discarded).map(Effect::Complete));
        if pruned.is_over {
            self.remove_group(id);
        } else if is_waiting {
            self.connect_group(id);
        }
    }

    fn remove_group(&mut self, id: u64) {
        if let Some(group) = self.groups.get_mut(id)
            && group.take_room_freed()
        {
            self.effects.push_back(Effect::Room { group: id });
        }
        self.groups.remove(id);
    }

    /// Opens connections to all members of a group.
    fn connect_group(&mut self, id: u64) {
        let Some(group) = self.groups.get_mut(id) else { return };
        group.set_used();
        for id in group.sessions() {
            let Some(session) = self.sessions.get_mut(id) else { continue };
            if session.connect() {
                self.effects.push_back(Effect::Connect { session: id, node: session.node().clone() });
                self.effects.push_back(Effect::Tick);
            }
        }
    }
}

/// Sessions.
impl Outbox {
    /// Passes the reachability of a session's members to the groups.
    fn update_reach(&mut self, session: u64) {
        let reach = self.sessions.reach(MemberRoute::MemberSession(session));
        for (id, group) in self.groups.iter_mut() {
            if group.set_reach(session, reach) && group.schedule() {
                self.scheduled.push_back(id);
            }
        }
    }

    /// Returns events of a closed session to their groups.
    fn take_back(&mut self, returned: Vec<SentEvents>) {
        for in_flight in returned {
            let id = in_flight.group;
            if let Some(group) = self.groups.get_mut(id) {
                group.take_back(in_flight);
            }
            self.schedule(id);
        }
    }

    fn remove_session(&mut self, id: u64) {
        let Some(mut session) = self.sessions.remove(id) else { return };
        self.effects.push_back(Effect::Disconnect { session: id });
        self.update_reach(id);
        self.take_back(session.disconnected(Disconnected::Closed));
    }
}

#[cfg(test)]
impl Outbox {
    pub(super) fn sessions(&self) -> impl Iterator<Item = (u64, &MemberSession)> {
        self.sessions.iter()
    }

    pub(super) fn connection(&self, session: u64) -> u64 {
        self.sessions.get(session).map_or(0, MemberSession::connection)
    }

    pub(super) fn departed(&self) -> usize {
        self.membership.departed()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.iter().all(Group::is_empty)
    }

    /// Checks that every event is counted exactly once, in its place.
    pub(super) fn check(&self) -> Result<(), String> {
        let remote: Vec<_> = self.sessions.iter().flat_map(|(_, session)| session.in_flight()).collect();
        let in_flight: Vec<&SentEvents> = remote.into_iter().chain(self.sessions.local()).collect();
        let closed = |session: &MemberSession| !session.is_open() && session.in_flight().next().is_some();
        if let Some((_, session)) = self.sessions.iter().find(|(_, session)| closed(session)) {
            return Err(format!("events are in flight on {session:?}"));
        }
        self.groups.iter().try_for_each(|group| group.check(&in_flight))
    }
}
