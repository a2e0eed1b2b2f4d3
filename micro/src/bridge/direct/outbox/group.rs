//! A group: a queue, or a subscriber without one. Holds the waiting events and assigns them to members.

use std::collections::VecDeque;
use std::fmt;

use super::changes::{NoRoom, Pruned, Ticked};
use super::in_flight::{SendStage, SentEvents};
use super::member::{GroupMembers, SubscriptionMember};
use super::partitions::Partitions;
use super::route::{MemberRoute, RouteState};
use crate::bridge::direct::advertisement::Advertisement;
use crate::bridge::direct::limits::{GROUP_RETENTION, MAX_GROUP_BYTES, MAX_GROUP_EVENTS};
use crate::bridge::direct::outcome::Rejected;
use crate::bridge::direct::pending::{EventCompletionGuard, PendingEvents};
use crate::bridge::direct::timer::Timer;
use crate::broker::Pattern;
use crate::util::clock::Instant;

/// The events of one queue, or of one subscriber without a queue.
#[derive(Debug)]
pub(super) struct Group {
    id: u64,
    topics: Pattern,
    queue: Option<String>,
    members: GroupMembers,
    /// Waiting events without a key, by number.
    waiting: VecDeque<PendingEvents>,
    /// Waiting events with a key.
    partitions: Partitions,
    /// Number of events, waiting or in flight, and their total size in bytes.
    held: usize,
    bytes: usize,
    /// Runs while there are no members.
    retention: Timer,
    /// `true` once an event was published for the group.
    used: bool,
    /// `true` once a notice was emitted that the group does not keep up.
    is_reported: bool,
    /// `true` if publishers wait for space, and if they are to be woken.
    room_wanted: bool,
    room_freed: bool,
    /// `true` if the owner is to process the group.
    scheduled: bool,
}

/// An event assigned to a member.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) in_flight: SentEvents,
    pub(super) route: MemberRoute,
}

impl Assignment {
    fn new(group: u64, member: &mut SubscriptionMember, pending: PendingEvents) -> Self {
        member.assign();
        let (subscription, epoch, route) = (member.subscription(), member.epoch(), member.route());
        let stage = if route == MemberRoute::Local { SendStage::Accepted } else { SendStage::Queued };
        Assignment { in_flight: SentEvents { pending, group, subscription, epoch, stage }, route }
    }
}

impl Group {
    pub(super) fn new(id: u64, like: &Advertisement) -> Self {
        Group {
            id,
            topics: like.topics.clone(),
            queue: like.queue.clone(),
            members: GroupMembers::default(),
            waiting: VecDeque::new(),
            partitions: Partitions::default(),
            held: 0,
            bytes: 0,
            retention: Timer::Off,
            used: false,
            is_reported: false,
            room_wanted: false,
            room_freed: false,
            scheduled: false,
        }
    }

    pub(super) fn topics(&self) -> &Pattern {
        &self.topics
    }

    pub(super) fn queue(&self) -> Option<&str> {
        self.queue.as_deref()
    }

    /// Returns `true` if a member accepts events.
    pub(super) fn is_open(&self) -> bool {
        self.members.is_open()
    }

    /// Returns `true` if a member in another process accepts events.
    pub(super) fn is_remote(&self) -> bool {
        self.members.iter().any(|member| member.is_open() && member.route() != MemberRoute::Local)
    }

    /// Returns `true` if no events wait or are in flight.
    pub(super) fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Returns the number of waiting events.
    pub(super) fn backlog(&self) -> usize {
        self.waiting.len() + self.partitions.len()
    }

    /// Returns `true` if events wait.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.partitions.is_empty()
    }

    /// Marks the group for processing by its owner. Returns `true` if the group was not marked before.
    pub(super) fn schedule(&mut self) -> bool {
        !std::mem::replace(&mut self.scheduled, true)
    }

    /// Clears the mark: the owner processes the group.
    pub(super) fn unschedule(&mut self) {
        self.scheduled = false;
    }

    /// Records that events are published for the group.
    pub(super) fn set_used(&mut self) {
        self.used = true;
    }

    pub(super) fn is_used(&self) -> bool {
        self.used
    }

    /// Records that the group does not keep up. Returns `true` if that was not recorded before.
    pub(super) fn report(&mut self) -> bool {
        !std::mem::replace(&mut self.is_reported, true)
    }
}

/// Members.
impl Group {
    /// Adds a member, or reopens the existing one of that subscription. Returns `true` if that changed anything.
    pub(super) fn join(&mut self, like: &Advertisement, route: MemberRoute, reach: RouteState) -> bool {
        let changed = match self.members.get_mut(like.subscription) {
            Some(member) => member.reopen(route, reach),
            None => {
                self.members.push(SubscriptionMember::new(like, route, reach));
                true
            }
        };
        self.retention.stop();
        changed
    }

    /// Stops sending events to a member. Events held by the member are still settled.
    pub(super) fn close(&mut self, subscription: u64) {
        if let Some(member) = self.members.get_mut(subscription) {
            member.close();
        }
    }

    /// Sets the reachability of the members of a session. Returns `true` if there are any.
    pub(super) fn set_reach(&mut self, session: u64, reach: RouteState) -> bool {
        self.members.set_reach(session, reach)
    }

    /// Returns the sessions of members that accept events.
    pub(super) fn sessions(&self) -> impl Iterator<Item = u64> {
        self.members.iter().filter(|member| member.is_open()).filter_map(|member| member.route().session())
    }

    /// Returns the sessions of all members, or of the one with `subscription`.
    pub(super) fn sessions_of(&self, subscription: Option<u64>) -> impl Iterator<Item = u64> {
        let members = self.members.iter();
        let members = members.filter(move |member| subscription.is_none_or(|only| member.subscription() == only));
        members.filter_map(|member| member.route().session())
    }

    /// Removes members that have left and settled their events.
    ///
    /// The waiting events of a subscriber without a queue are dropped with it; a queue keeps its events for [`GROUP_RETENTION`].
    pub(super) fn prune(&mut self) -> Pruned {
        let mut pruned = Pruned::default();
        if self.members.is_complete() {
            return pruned;
        }
        pruned.subscriptions = self.members.prune();
        if self.is_open() {
            return pruned;
        }
        if !self.retention.is_running() {
            // Publishers do not wait for absent members.
            let waiting = self.waiting.iter_mut().chain(self.partitions.iter_mut());
            pruned.completed.extend(waiting.filter_map(|pending| pending.completion.take()));
            pruned.is_deserted = true;
            self.retention.start(GROUP_RETENTION);
            self.free_room();
        }
        if self.queue.is_none() {
            pruned.discarded = self.clear();
            pruned.is_over = self.members.is_empty();
        }
        pruned
    }

    /// Advances the timers to `now`; `received` returns the number of events a session has processed.
    pub(super) fn tick(&mut self, now: Instant, received: impl Fn(u64) -> u64) -> Ticked {
        let mut ticked = Ticked { is_resumed: self.members.tick(now, received), ..Ticked::default() };
        if self.retention.tick(now) {
            ticked.discarded = self.clear();
            ticked.is_expired = true;
            // Members that still hold events of the group may return them.
            self.retention.stop();
            self.retention.start(GROUP_RETENTION);
            self.retention.tick(now);
        }
        ticked
    }

    /// Returns the next deadline.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let members = self.members.iter().filter_map(|member| member.deadline(now));
        members.chain(self.retention.deadline()).min()
    }
}

/// Capacity.
impl Group {
    /// Returns `true` if the buffer is full.
    pub(super) fn is_full(&self) -> bool {
        self.held >= MAX_GROUP_EVENTS || self.bytes >= MAX_GROUP_BYTES
    }

    /// Returns the reason if there is no space for an event of `key`. The caller is notified of space later, by
    /// [`take_room_freed`](Self::take_room_freed).
    ///
    /// Events waiting for one of several members may take as much space as is left: however many members are stuck, there is
    /// space for the keys of the others. A group without members is never full: its publishers are not held up.
    pub(super) fn no_room(&mut self, key: Option<u64>) -> Option<NoRoom> {
        if !self.is_open() {
            return None;
        }
        let no_room = if self.is_full() {
            NoRoom { subscription: None, events: self.held }
        } else {
            let key = key.filter(|_| self.queue.is_some() && self.members.len() > 1)?;
            let backlog = self.partitions.backlog(key)?;
            let (events, bytes) = (MAX_GROUP_EVENTS - self.held, MAX_GROUP_BYTES - self.bytes);
            if backlog.events < events && backlog.bytes < bytes {
                return None;
            }
            NoRoom { subscription: backlog.subscription, events: backlog.events }
        };
        self.room_wanted = true;
        Some(no_room)
    }

    /// Returns `true` if publishers that wait for space are to retry.
    pub(super) fn take_room_freed(&mut self) -> bool {
        let freed = std::mem::take(&mut self.room_freed);
        self.room_wanted &= !freed;
        freed
    }

    fn free_room(&mut self) {
        self.room_freed |= self.room_wanted;
    }
}

/// Events.
impl Group {
    /// Adds an event.
    pub(super) fn push(&mut self, pending: PendingEvents) {
        self.held += 1;
        self.bytes += pending.event.size();
        match self.key(&pending) {
            Some(key) => {
                self.spread();
                self.partitions.insert(key, pending);
            }
            None => self.waiting.push_back(pending),
        }
    }

    /// Assigns the next event to a member, if one is ready.
    pub(super) fn next(&mut self) -> Option<Assignment> {
        if !self.partitions.is_empty() {
            self.spread();
            let before = self.waiting.front().map(|pending| pending.number);
            if let Some((subscription, pending)) = self.take_keyed(before) {
                self.free_room();
                let member = self.members.get_mut(subscription).expect("it is ready");
                return Some(Assignment::new(self.id, member, pending));
            }
        }
        if self.waiting.is_empty() {
            self.is_reported &= self.is_waiting();
            return None;
        }
        let (member, pending) = (self.members.pick()?, self.waiting.pop_front()?);
        Some(Assignment::new(self.id, member, pending))
    }

    /// Takes the first keyed event whose member is ready, if its number is below `before`.
    fn take_keyed(&mut self, before: Option<u64>) -> Option<(u64, PendingEvents)> {
        // Partitions query members in member order, so a single pass is enough.
        let mut members = self.members.iter();
        let is_ready = |subscription| {
            members.find(|member| member.subscription() == subscription).is_some_and(SubscriptionMember::is_ready)
        };
        let (subscription, pending) = self.partitions.take_first(is_ready, before)?;
        self.partitions.begin(pending.event.key()?, subscription);
        Some((subscription, pending))
    }

    /// Removes an event that a member has settled.
    pub(super) fn ack(&mut self, in_flight: SentEvents) {
        self.release(&in_flight);
        self.discard(&in_flight.pending);
    }

    /// Records that a member keeps an event for another delivery; the event occupies no slot until then.
    pub(super) fn delay(&mut self, in_flight: &mut SentEvents, attempt: u32) -> Option<EventCompletionGuard> {
        in_flight.pending.attempt = attempt;
        if in_flight.is_placed() {
            self.end_key(&in_flight.pending);
            if let Some(member) = self.members.get_mut(in_flight.subscription) {
                member.delay();
            }
            in_flight.stage = SendStage::Delayed;
        }
        in_flight.pending.completion.take()
    }

    /// Takes an event back from a full member and pauses the member; `sent` is the number of events its session has sent.
    pub(super) fn full(&mut self, in_flight: SentEvents, sent: u64) {
        let (subscription, epoch) = (in_flight.subscription, in_flight.epoch);
        self.give_back(in_flight);
        if let Some(member) = self.members.get_mut(subscription) {
            member.pause(epoch, sent);
        }
    }

    /// Takes an event back from a member that has ended.
    pub(super) fn reroute(&mut self, mut in_flight: SentEvents, attempt: u32) {
        self.close(in_flight.subscription);
        in_flight.pending.attempt = attempt;
        self.give_back(in_flight);
    }

    /// Handles an event that a member of this process has not accepted.
    pub(super) fn reject(&mut self, in_flight: SentEvents, why: Rejected) {
        match why {
            Rejected::Full => self.full(in_flight, 0),
            Rejected::Closed => {
                let attempt = in_flight.pending.attempt;
                self.reroute(in_flight, attempt);
            }
        }
    }

    /// Takes back an event whose session is closed. An event that may have been delivered counts as delivered.
    pub(super) fn take_back(&mut self, mut in_flight: SentEvents) {
        let delivered = u32::from(in_flight.stage != SendStage::Queued);
        in_flight.pending.attempt = in_flight.pending.attempt.saturating_add(delivered);
        self.give_back(in_flight);
    }

    /// Puts an event back at its place in the order.
    fn give_back(&mut self, in_flight: SentEvents) {
        self.release(&in_flight);
        let pending = in_flight.pending;
        if let Some(key) = self.key(&pending) {
            return self.partitions.insert(key, pending);
        }
        let at = self.waiting.partition_point(|waiting| waiting.number < pending.number);
        self.waiting.insert(at, pending);
    }

    /// Records that a member no longer holds an event.
    fn release(&mut self, in_flight: &SentEvents) {
        let is_placed = in_flight.is_placed();
        if is_placed {
            self.end_key(&in_flight.pending);
        }
        if let Some(member) = self.members.get_mut(in_flight.subscription) {
            member.release(is_placed);
        }
    }

    /// Removes an event from the totals.
    fn discard(&mut self, pending: &PendingEvents) {
        self.held -= 1;
        self.bytes -= pending.event.size();
        self.free_room();
    }

    /// Removes all waiting events and returns them.
    fn clear(&mut self) -> Vec<PendingEvents> {
        let discarded: Vec<_> = std::mem::take(&mut self.waiting).into_iter().chain(self.partitions.drain()).collect();
        discarded.iter().for_each(|pending| self.discard(pending));
        discarded
    }

    /// Returns the key of an event if its order matters: only members of a queue share keys.
    fn key(&self, pending: &PendingEvents) -> Option<u64> {
        pending.event.key().filter(|_| self.queue.is_some())
    }

    fn end_key(&mut self, pending: &PendingEvents) {
        if let Some(key) = self.key(pending) {
            self.partitions.end(key);
        }
    }

    /// Spreads keys over the current members.
    fn spread(&mut self) {
        if self.partitions.spread(self.members.able()) {
            self.free_room();
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.queue {
            Some(queue) => write!(f, "queue `{queue}` of `{}`", self.topics),
            None => write!(f, "a subscriber of `{}`", self.topics),
        }
    }
}

#[cfg(test)]
impl Group {
    /// Checks the bookkeeping against the events in flight, in this and other groups.
    pub(super) fn check(&self, in_flight: &[&SentEvents]) -> Result<(), String> {
        use std::collections::HashMap;

        let numbers = self.waiting.iter().map(|pending| pending.number);
        if !numbers.is_sorted() {
            return Err(format!("out of order: {:?}", self.waiting));
        }
        let (mut busy, mut with) = (HashMap::new(), HashMap::<u64, (usize, usize)>::new());
        let mine: Vec<_> = in_flight.iter().filter(|in_flight| in_flight.group == self.id).collect();
        for in_flight in &mine {
            let (held, placed) = with.entry(in_flight.subscription).or_default();
            (*held, *placed) = (*held + 1, *placed + usize::from(in_flight.is_placed()));
            let Some(key) = self.key(&in_flight.pending).filter(|_| in_flight.is_placed()) else { continue };
            let (subscription, count): &mut (u64, usize) = busy.entry(key).or_insert((in_flight.subscription, 0));
            *count += 1;
            if *subscription != in_flight.subscription {
                return Err(format!("key {key} is with {subscription} and with {}", in_flight.subscription));
            }
        }
        if self.held != self.backlog() + mine.len() {
            return Err(format!("{self} counts {} events", self.held));
        }
        for member in self.members.iter() {
            let counts = with.remove(&member.subscription()).unwrap_or_default();
            if counts != member.counts() {
                return Err(format!("{member:?} has {counts:?}"));
            }
        }
        if !with.is_empty() {
            return Err(format!("in flight with no member: {with:?}"));
        }
        self.partitions.check(&busy)
    }
}
