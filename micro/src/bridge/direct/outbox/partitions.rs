//! Keyed events of a queue. Each event goes to the one member its key belongs to, so order within each member is order over the
//! whole queue.
//!
//! Events waiting for one member do not block other members. When the members change, keys move; later events of a moved key wait
//! until none of that key is in flight at the previous member.

use std::collections::{BTreeMap, HashMap};

use crate::bridge::direct::keys::affinity;
use crate::bridge::direct::pending::PendingEvents;

/// The waiting keyed events of a queue, and the keys in flight.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    /// Members that keys are spread over, with the events waiting for each.
    members: Vec<Partition>,
    /// Member that holds events of a key, by key.
    busy: HashMap<u64, Busy>,
    /// Events whose key is in flight with a member it no longer belongs to, by key and number.
    blocked: PartitionBuffer<(u64, u64)>,
    /// Events waiting for a member to join, by number.
    unassigned: PartitionBuffer<u64>,
}

/// Events waiting for a member, by number.
#[derive(Debug)]
struct Partition {
    subscription: u64,
    buffer: PartitionBuffer<u64>,
}

#[derive(Debug)]
struct Busy {
    subscription: u64,
    count: usize,
}

/// Number and size of the events waiting in the same place as those of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backlog {
    /// Member the events wait for; `None` while the key is blocked.
    pub(super) subscription: Option<u64>,
    pub(super) events: usize,
    pub(super) bytes: usize,
}

/// Place where the events of a key wait.
enum PartitionPlace {
    /// With the member at this index.
    SubscriptionMember(usize),
    Blocked,
    Unassigned,
}

impl Partitions {
    /// Returns the number of waiting events.
    pub(super) fn len(&self) -> usize {
        let assigned: usize = self.members.iter().map(|member| member.buffer.len()).sum();
        assigned + self.blocked.len() + self.unassigned.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocked.is_empty()
            && self.unassigned.is_empty()
            && self.members.iter().all(|member| member.buffer.is_empty())
    }

    /// Adds an event of `key` at its place in the order of numbers.
    pub(super) fn insert(&mut self, key: u64, pending: PendingEvents) {
        let number = pending.number;
        match self.place(key) {
            PartitionPlace::SubscriptionMember(at) => self.members[at].buffer.insert(number, pending),
            PartitionPlace::Blocked => self.blocked.insert((key, number), pending),
            PartitionPlace::Unassigned => self.unassigned.insert(number, pending),
        }
    }

    /// Spreads keys over `members`. Returns `true` if the members have changed.
    pub(super) fn spread(&mut self, members: impl Iterator<Item = u64> + Clone) -> bool {
        if members.clone().eq(self.members.iter().map(|member| member.subscription)) {
            return false;
        }
        let waiting = self.drain();
        self.members =
            members.map(|subscription| Partition { subscription, buffer: PartitionBuffer::default() }).collect();
        for pending in waiting {
            let key = pending.event.key().expect("only events with a key are inserted");
            self.insert(key, pending);
        }
        true
    }

    /// Takes the first event waiting for a member that `is_ready`, if its number is below `before`. Members are queried in the
    /// order in which keys were spread over them.
    pub(super) fn take_first(
        &mut self,
        mut is_ready: impl FnMut(u64) -> bool,
        before: Option<u64>,
    ) -> Option<(u64, PendingEvents)> {
        let waiting = self.members.iter_mut().filter_map(|member| Some((member.buffer.first()?, member)));
        let ready = waiting.filter(|(_, member)| is_ready(member.subscription));
        let (number, member) = ready.min_by_key(|(number, _)| *number)?;
        if before.is_some_and(|before| before < number) {
            return None;
        }
        Some((member.subscription, member.buffer.take_first()?))
    }

    /// Records that an event of `key` is in flight with `subscription`: no other member receives the next event of the key
    /// meanwhile.
    pub(super) fn begin(&mut self, key: u64, subscription: u64) {
        self.busy.entry(key).or_insert(Busy { subscription, count: 0 }).count += 1;
    }

    /// Records that an event of `key` is no longer in flight. Once none is, blocked events wait for their member.
    pub(super) fn end(&mut self, key: u64) {
        let Some(busy) = self.busy.get_mut(&key) else { return };
        busy.count -= 1;
        if busy.count > 0 {
            return;
        }
        self.busy.remove(&key);
        while let Some(pending) = self.blocked.take_of(key) {
            self.insert(key, pending);
        }
    }

    /// Returns the amount of events waiting in the place of `key`; `None` while the key belongs to no member.
    pub(super) fn backlog(&self, key: u64) -> Option<Backlog> {
        let backlog = |subscription, events, bytes| Some(Backlog { subscription, events, bytes });
        match self.place(key) {
            PartitionPlace::SubscriptionMember(at) => {
                let Partition { subscription, buffer } = &self.members[at];
                backlog(Some(*subscription), buffer.len(), buffer.bytes)
            }
            PartitionPlace::Blocked => backlog(None, self.blocked.len(), self.blocked.bytes),
            PartitionPlace::Unassigned => None,
        }
    }

    /// Takes all waiting events, in the order of numbers.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = PendingEvents> + use<> {
        let mut all = std::mem::take(&mut self.unassigned).events;
        let blocked = std::mem::take(&mut self.blocked).events;
        all.extend(blocked.into_iter().map(|((_, number), pending)| (number, pending)));
        for member in &mut self.members {
            all.append(&mut std::mem::take(&mut member.buffer).events);
        }
        all.into_values()
    }

    /// Returns all waiting events, in no particular order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut PendingEvents> {
        let assigned = self.members.iter_mut().flat_map(|member| member.buffer.events.values_mut());
        assigned.chain(self.blocked.events.values_mut()).chain(self.unassigned.events.values_mut())
    }

    /// Returns the index of the member that a key belongs to.
    fn home(&self, key: u64) -> Option<usize> {
        let members = self.members.iter().enumerate().map(|(at, member)| (at, member.subscription));
        members.max_by_key(|(_, subscription)| (affinity(key, *subscription), *subscription)).map(|(at, _)| at)
    }

    fn place(&self, key: u64) -> PartitionPlace {
        let with = self.busy.get(&key).map(|busy| busy.subscription);
        match (self.home(key), with) {
            (Some(home), None) => PartitionPlace::SubscriptionMember(home),
            (Some(home), Some(with)) if self.members[home].subscription == with => {
                PartitionPlace::SubscriptionMember(home)
            }
            (_, Some(_)) => PartitionPlace::Blocked,
            (None, None) => PartitionPlace::Unassigned,
        }
    }
}

/// Ordered events waiting in the same place.
#[derive(Debug)]
struct PartitionBuffer<Order> {
    events: BTreeMap<Order, PendingEvents>,
    bytes: usize,
}

impl<Order: Ord> PartitionBuffer<Order> {
    fn len(&self) -> usize {
        self.events.len()
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn insert(&mut self, order: Order, pending: PendingEvents) {
        self.bytes += pending.event.size();
        self.events.insert(order, pending);
    }

    fn taken(&mut self, pending: Option<PendingEvents>) -> Option<PendingEvents> {
        self.bytes -= pending.as_ref().map_or(0, |pending| pending.event.size());
        pending
    }
}

impl PartitionBuffer<u64> {
    fn first(&self) -> Option<u64> {
        self.events.first_key_value().map(|(number, _)| *number)
    }

    fn take_first(&mut self) -> Option<PendingEvents> {
        let first = self.events.pop_first().map(|(_, pending)| pending);
        self.taken(first)
    }
}

impl PartitionBuffer<(u64, u64)> {
    fn take_of(&mut self, key: u64) -> Option<PendingEvents> {
        let order = *self.events.range((key, 0)..=(key, u64::MAX)).next()?.0;
        let first = self.events.remove(&order);
        self.taken(first)
    }
}

impl<Order> Default for PartitionBuffer<Order> {
    fn default() -> Self {
        PartitionBuffer { events: BTreeMap::new(), bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::direct::keys::hash;

    impl Partitions {
        /// Checks that every event waits in the right place, and that the totals are right. `busy` is the state in flight.
        pub(in super::super) fn check(&self, busy: &HashMap<u64, (u64, usize)>) -> Result<(), String> {
            let known = self.busy.iter().map(|(key, busy)| (*key, (busy.subscription, busy.count)));
            if known.collect::<HashMap<_, _>>() != *busy {
                return Err(format!("{:?} is in flight, not {busy:?}", self.busy));
            }
            for (at, member) in self.members.iter().enumerate() {
                member.buffer.check()?;
                for pending in member.buffer.events.values() {
                    let place = self.place(pending.event.key().ok_or("no key")?);
                    if !matches!(place, PartitionPlace::SubscriptionMember(home) if home == at) {
                        return Err(format!(
                            "{} waits for {}, who does not get it",
                            pending.number, member.subscription
                        ));
                    }
                }
            }
            for ((key, _), pending) in &self.blocked.events {
                if pending.event.key() != Some(*key) || !matches!(self.place(*key), PartitionPlace::Blocked) {
                    return Err(format!("{} is blocked by nothing", pending.number));
                }
            }
            self.blocked.check()?;
            self.unassigned.check()?;
            let idle = !self.members.is_empty() && !self.unassigned.is_empty();
            if idle { Err("a member is there, and events wait for one".to_owned()) } else { Ok(()) }
        }
    }

    impl<Order: Ord> PartitionBuffer<Order> {
        fn check(&self) -> Result<(), String> {
            let bytes: usize = self.events.values().map(|pending| pending.event.size()).sum();
            if bytes == self.bytes { Ok(()) } else { Err(format!("{bytes} bytes, and not {}", self.bytes)) }
        }
    }

    fn homes(members: &[u64]) -> Vec<u64> {
        let mut partitions = Partitions::default();
        partitions.spread(members.iter().copied());
        let home = |key: usize| partitions.home(hash(&format!("customer-{key}"))).expect("there are members");
        (0..10_000).map(home).map(|at| members[at]).collect()
    }

    #[test]
    fn keys_are_spread_evenly_and_move_only_with_members_that_come_and_go() {
        let (three, four) = (homes(&[7, 8, 9]), homes(&[9, 7, 10, 8]));
        for subscription in [7, 8, 9] {
            let share = three.iter().filter(|home| **home == subscription).count();
            assert!((3_000..3_700).contains(&share), "{share} of 10000");
        }
        let moved: Vec<_> = three.iter().zip(&four).filter(|(before, after)| before != after).collect();
        assert!(moved.iter().all(|(_, after)| **after == 10), "others moved");
        assert!((2_200..2_800).contains(&moved.len()), "{} of 10000", moved.len());
    }
}
