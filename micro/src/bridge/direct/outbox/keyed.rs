//! What has a key, in the lane of a queue: it goes to the one member that its key belongs to, so that what is in order with
//! that member is in order over the whole queue.
//!
//! Every publisher reckons out of the names of the members who that is, and all come to the same answer. What waits for one
//! member is in nobody else's way. With other members there are other answers; then a key first comes to an end where it is,
//! and what waits behind that goes to the next.

use std::collections::{BTreeMap, HashMap};

use super::lane::{Lane, Reach};
use super::parcel::{Parcel, size};
use crate::bridge::direct::bounds::{KEPT, KEPT_BYTES};

/// The keys of a lane.
#[derive(Debug, Default)]
pub(super) struct Keyed {
    /// With whom something of a key is under way.
    busy: HashMap<u64, Busy>,
    /// What waits until somebody is done with its key to whom that does not belong any more: by key and number.
    behind: Line<(u64, u64)>,
    /// What waits for somebody to come, by number.
    adrift: Line<u64>,
    /// The members that keys are spread over.
    over: Vec<u64>,
    /// How much waits, here and with the members.
    waiting: usize,
}

#[derive(Debug)]
struct Busy {
    subscription: u64,
    count: usize,
}

/// Parcels that wait for the same thing, in their order.
#[derive(Debug)]
pub(super) struct Line<Order> {
    parcels: BTreeMap<Order, Parcel>,
    bytes: usize,
}

/// A number for a key. Two keys that share one are taken for one, which does no harm.
///
/// What this and [`weight`] give may never change: publishers of all versions have to agree on it.
pub(super) fn number(key: &str) -> u64 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3) // FNV-1a
    });
    mixed(hash)
}

/// How much a key is drawn to a subscription; it belongs to the one that draws it most. When one goes, only its own keys move,
/// and only to one that comes do others go.
fn weight(key: u64, subscription: u64) -> u64 {
    mixed(key ^ mixed(subscription))
}

/// Splitmix64's last step.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Keyed {
    /// How much waits.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The member that a key belongs to.
    fn home(&self, key: u64) -> Option<u64> {
        self.over.iter().copied().max_by_key(|subscription| (weight(key, *subscription), *subscription))
    }

    /// Where what has this key is to wait; nowhere while it belongs to nobody.
    fn place(&self, key: u64) -> Place {
        let with = self.busy.get(&key).map(|busy| busy.subscription);
        match (self.home(key), with) {
            (Some(home), None) => Place::With(home),
            (Some(home), Some(with)) if home == with => Place::With(home),
            (_, Some(_)) => Place::Behind,
            (None, None) => Place::Adrift,
        }
    }
}

/// What a parcel waits for.
enum Place {
    /// A member.
    With(u64),
    /// Somebody who is to be done with its key.
    Behind,
    /// Somebody who comes.
    Adrift,
}

/// What a lane does with keys.
impl Lane {
    /// What `parcel` is in order with: only the members of a queue share keys.
    pub(super) fn key(&self, parcel: &Parcel) -> Option<u64> {
        parcel.kept.key.filter(|_| self.queue.is_some())
    }

    /// Has a parcel of `key` wait where it is to wait.
    pub(super) fn wait(&mut self, key: u64, parcel: Parcel) {
        self.keyed.waiting += 1;
        let number = parcel.number;
        match self.keyed.place(key) {
            Place::With(home) => match self.member(home) {
                Some(member) => member.pinned.insert(number, parcel),
                // One that has just gone: the next look spreads anew.
                None => self.keyed.adrift.insert(number, parcel),
            },
            Place::Behind => self.keyed.behind.insert((key, number), parcel),
            Place::Adrift => self.keyed.adrift.insert(number, parcel),
        }
    }

    /// The first of those that wait for a member that takes something, if it is before `number`, and who that is.
    pub(super) fn next_pinned(&mut self, before: Option<u64>) -> Option<(Parcel, usize)> {
        let takers = self.members.iter().enumerate().filter(|(_, member)| member.takes());
        let first = takers.filter_map(|(at, member)| Some((member.pinned.first()?, at))).min()?;
        let (_, at) = first;
        if before.is_some_and(|before| before < first.0) {
            return None;
        }
        let parcel = self.members[at].pinned.take_first()?;
        self.keyed.waiting -= 1;
        self.has_room();
        Some((parcel, at))
    }

    /// Something is under way with `subscription`: what follows of its key goes to nobody else meanwhile.
    pub(super) fn hold(&mut self, parcel: &Parcel, subscription: u64) {
        if let Some(key) = self.key(parcel) {
            self.keyed.busy.entry(key).or_insert(Busy { subscription, count: 0 }).count += 1;
        }
    }

    /// It is no more. Once nothing of its key is, others may have what follows.
    pub(super) fn free(&mut self, parcel: &Parcel) {
        let Some(key) = self.key(parcel) else { return };
        let Some(busy) = self.keyed.busy.get_mut(&key) else { return };
        busy.count -= 1;
        if busy.count > 0 {
            return;
        }
        self.keyed.busy.remove(&key);
        while let Some(parcel) = self.keyed.behind.take_of(key) {
            self.keyed.waiting -= 1;
            self.wait(key, parcel);
        }
    }

    /// Spreads keys over the members there are now, if they are others than before. Those that cannot be reached count only
    /// where nobody else is there.
    pub(super) fn spread(&mut self) {
        let over = self.able();
        if over.clone().eq(self.keyed.over.iter().copied()) {
            return;
        }
        self.keyed.over = over.collect();
        for (_, parcel) in self.take_keyed() {
            match self.key(&parcel) {
                Some(key) => self.wait(key, parcel),
                None => self.waiting.push_back(parcel),
            }
        }
        self.has_room();
    }

    /// The members that keys can be spread over.
    fn able(&self) -> impl Iterator<Item = u64> + Clone {
        let is_near = self.members.iter().any(|member| member.open && member.reach != Reach::Lost);
        let able = self.members.iter().filter(move |member| member.open && (member.reach != Reach::Lost) == is_near);
        able.map(|member| member.subscription)
    }

    /// Takes all that has a key and waits, in its order.
    pub(super) fn take_keyed(&mut self) -> BTreeMap<u64, Parcel> {
        self.keyed.waiting = 0;
        let mut all = std::mem::take(&mut self.keyed.adrift).parcels;
        let behind = std::mem::take(&mut self.keyed.behind).parcels;
        all.extend(behind.into_iter().map(|((_, number), parcel)| (number, parcel)));
        for member in &mut self.members {
            all.append(&mut std::mem::take(&mut member.pinned).parcels);
        }
        all
    }

    /// All that has a key and waits, in no order.
    pub(super) fn keyed(&mut self) -> impl Iterator<Item = &mut Parcel> {
        let pinned = self.members.iter_mut().flat_map(|member| member.pinned.parcels.values_mut());
        pinned.chain(self.keyed.behind.parcels.values_mut()).chain(self.keyed.adrift.parcels.values_mut())
    }

    /// Whether there is no room for more of `key`, who has not taken what waits, and how much that is. What waits for one
    /// member, of several, may take as much as is left: however many are stuck, there is room for the keys of the others.
    pub(super) fn is_full_of(&self, key: u64) -> Option<(Option<u64>, usize)> {
        if self.members.len() < 2 {
            return None;
        }
        let (home, count, bytes) = match self.keyed.place(key) {
            Place::With(home) => {
                let member = self.members.iter().find(|member| member.subscription == home)?;
                (Some(home), member.pinned.parcels.len(), member.pinned.bytes)
            }
            Place::Behind => (None, self.keyed.behind.parcels.len(), self.keyed.behind.bytes),
            Place::Adrift => return None,
        };
        let left = (KEPT.saturating_sub(self.held()), KEPT_BYTES.saturating_sub(self.bytes()));
        (count >= left.0 || bytes >= left.1).then_some((home, count))
    }
}

impl<Order: Ord> Line<Order> {
    fn insert(&mut self, order: Order, parcel: Parcel) {
        self.bytes += size(&parcel.kept.event);
        self.parcels.insert(order, parcel);
    }

    fn taken(&mut self, parcel: Option<Parcel>) -> Option<Parcel> {
        self.bytes -= parcel.as_ref().map_or(0, |parcel| size(&parcel.kept.event));
        parcel
    }
}

impl Line<u64> {
    /// The number of the first.
    fn first(&self) -> Option<u64> {
        self.parcels.first_key_value().map(|(number, _)| *number)
    }

    fn take_first(&mut self) -> Option<Parcel> {
        let first = self.parcels.pop_first().map(|(_, parcel)| parcel);
        self.taken(first)
    }
}

impl Line<(u64, u64)> {
    /// The first of a key.
    fn take_of(&mut self, key: u64) -> Option<Parcel> {
        let (order, _) = self.parcels.range((key, 0)..=(key, u64::MAX)).next()?;
        let order = *order;
        let first = self.parcels.remove(&order);
        self.taken(first)
    }
}

impl<Order> Default for Line<Order> {
    fn default() -> Self {
        Line { parcels: BTreeMap::new(), bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parcel::{Stage, Under};
    use super::*;

    impl Lane {
        /// Every parcel with a key is where it is to be, and nothing of a key is under way with two.
        pub(in super::super) fn balances<'a>(&self, under: impl Iterator<Item = &'a Under>) -> Result<(), String> {
            let mut busy = HashMap::new();
            for under in under.filter(|under| under.stage != Stage::Resting) {
                let Some(key) = self.key(&under.parcel) else { continue };
                let with: &mut (u64, usize) = busy.entry(key).or_insert((under.subscription, 0));
                with.1 += 1;
                if with.0 != under.subscription {
                    return Err(format!("key {key} is with {} and with {}", with.0, under.subscription));
                }
            }
            let known = self.keyed.busy.iter().map(|(key, busy)| (*key, (busy.subscription, busy.count)));
            if known.collect::<HashMap<_, _>>() != busy {
                return Err(format!("{:?} and not {busy:?}", self.keyed.busy));
            }
            let mut waiting = 0;
            for (line, with) in self.members.iter().map(|member| (&member.pinned, member.subscription)) {
                waiting += line.parcels.len();
                line.weighs()?;
                for parcel in line.parcels.values() {
                    let place = self.key(parcel).map(|key| self.keyed.place(key));
                    if !matches!(place, Some(Place::With(home)) if home == with) {
                        return Err(format!("{} waits for {with}, who does not get it", parcel.number));
                    }
                }
            }
            for ((key, _), parcel) in &self.keyed.behind.parcels {
                if self.key(parcel) != Some(*key) || !matches!(self.keyed.place(*key), Place::Behind) {
                    return Err(format!("{} waits behind nothing", parcel.number));
                }
            }
            waiting += self.keyed.behind.parcels.len() + self.keyed.adrift.parcels.len();
            self.keyed.behind.weighs()?;
            self.keyed.adrift.weighs()?;
            if waiting != self.keyed.waiting {
                return Err(format!("{waiting} wait, of {}", self.keyed.waiting));
            }
            if waiting > 0 && !self.able().eq(self.keyed.over.iter().copied()) {
                return Err(format!("{:?} are not those who are there", self.keyed.over));
            }
            let alone = self.keyed.over.is_empty() || self.keyed.adrift.parcels.is_empty();
            if alone { Ok(()) } else { Err("somebody is there, and something waits for somebody".to_owned()) }
        }
    }

    impl<Order> Line<Order> {
        fn weighs(&self) -> Result<(), String> {
            let bytes: usize = self.parcels.values().map(|parcel| size(&parcel.kept.event)).sum();
            if bytes == self.bytes { Ok(()) } else { Err(format!("{bytes} bytes, and not {}", self.bytes)) }
        }
    }

    fn homes(over: &[u64]) -> Vec<u64> {
        let keyed = Keyed { over: over.to_vec(), ..Keyed::default() };
        (0..10_000).map(|key| keyed.home(number(&format!("customer-{key}"))).expect("somebody")).collect()
    }

    /// Publishers of other versions reckon with these.
    #[test]
    fn what_a_key_comes_to_never_changes() {
        let numbers = [0xf52a_15e9_a9b5_e89b, 0xfb32_f4d5_81c1_bc84, 0xbe90_79c1_b7e5_afe8];
        assert_eq!([number(""), number("Ada"), number("größe")], numbers);
        assert_eq!(weight(number("Ada"), 0x00c0_ffee), 0x12c1_0da5_068b_4539);
    }

    #[test]
    fn keys_are_spread_evenly_and_move_only_with_who_comes_and_goes() {
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
