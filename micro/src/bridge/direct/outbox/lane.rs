//! A queue, or a subscriber without one: what waits for it, and who takes it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::keyed::{Keyed, Line};
use super::parcel::{Parcel, size};
use crate::bridge::direct::bounds::{KEPT, KEPT_BYTES, LINGER, PAUSE, window};
use crate::bridge::direct::inbox::Inbox;
use crate::bridge::direct::listed::Listed;
use crate::broker::Pattern;
use crate::util::clock::{self, Instant};

/// What one queue is to get, or one subscriber without a queue.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) topics: Pattern,
    pub(super) queue: Option<String>,
    pub(super) members: Vec<Member>,
    /// What anybody may have and nobody has, by number.
    pub(super) waiting: VecDeque<Parcel>,
    /// The same of what belongs to somebody by its key.
    pub(super) keyed: Keyed,
    /// All there is, waiting or in somebody's hands,
    held: usize,
    /// and its bytes.
    bytes: usize,
    /// Who is next among equals.
    turn: usize,
    /// Since when nobody is there.
    left: Option<Instant>,
    /// Whether anything was ever published for it.
    pub(super) used: bool,
    /// Whether was said that it is behind.
    pub(super) told: bool,
    /// Told when there is room for more,
    room: Arc<Notify>,
    /// if somebody waits for it.
    wanted: bool,
}

/// One who takes from a lane.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) subscription: u64,
    pub(super) to: To,
    in_flight: usize,
    /// How many events have a place with it,
    pub(super) under_way: usize,
    /// and how many it has in all.
    pub(super) held: usize,
    /// Whether it takes any more.
    pub(super) open: bool,
    pub(super) reach: Reach,
    /// What waits for it by its key, by number.
    pub(super) pinned: Line<u64>,
    /// It had no room: it is left alone until then, and until its link has looked at that much.
    pause: Option<Instant>,
    after: u64,
    /// How often that was so.
    pub(super) round: u32,
}

/// Where a member is.
#[derive(Clone, Debug)]
pub(super) enum To {
    Here(Arc<Inbox>),
    Link(u64),
}

/// Whether the way to a member is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It is.
    Open,
    /// Not yet, or not for a moment: keys stay with it.
    Soon,
    /// Nobody knows for how long it is not: its keys go to others.
    Lost,
}

impl Member {
    pub(super) fn new(listed: &Listed, to: To, reach: Reach) -> Self {
        Member {
            subscription: listed.subscription,
            to,
            in_flight: listed.in_flight,
            under_way: 0,
            held: 0,
            open: true,
            reach,
            pinned: Line::default(),
            pause: None,
            after: 0,
            round: 0,
        }
    }

    pub(super) fn link(&self) -> Option<u64> {
        match self.to {
            To::Here(_) => None,
            To::Link(link) => Some(link),
        }
    }

    /// The way to it is another. What its link had to look at is of yesterday.
    pub(super) fn reach(&mut self, reach: Reach) {
        (self.reach, self.after) = (reach, 0);
    }

    /// It had no room for something of `round`. `sent` is how much its link has to look at of what was sent.
    pub(super) fn is_full(&mut self, round: u32, sent: u64) {
        if round == self.round {
            self.round = self.round.wrapping_add(1);
            (self.pause, self.after) = (Some(clock::after(PAUSE)), sent);
        }
    }

    /// When it is to be tried again.
    pub(super) fn pause(&self) -> Option<Instant> {
        self.pause
    }

    /// Tries it again, if it is time and its link has looked at so much.
    pub(super) fn resume(&mut self, now: Instant, judged: u64) -> bool {
        let over = self.pause.is_some_and(|until| until <= now) && judged >= self.after;
        if over {
            self.pause = None;
        }
        over
    }

    pub(super) fn takes(&self) -> bool {
        self.open && self.reach == Reach::Open && self.pause.is_none() && self.under_way < window(self.in_flight)
    }
}

impl Lane {
    pub(super) fn new(listed: &Listed) -> Self {
        Lane {
            topics: listed.topics.clone(),
            queue: listed.queue.clone(),
            members: Vec::new(),
            waiting: VecDeque::new(),
            keyed: Keyed::default(),
            held: 0,
            bytes: 0,
            turn: 0,
            left: None,
            used: false,
            told: false,
            room: Arc::default(),
            wanted: false,
        }
    }

    /// Whether it has no room.
    pub(super) fn is_full(&self) -> bool {
        self.held >= KEPT || self.bytes >= KEPT_BYTES
    }

    /// Whether somebody is there who takes events.
    pub(super) fn is_open(&self) -> bool {
        self.members.iter().any(|member| member.open)
    }

    /// Whether somebody is there who takes events in another process.
    pub(super) fn is_away(&self) -> bool {
        self.members.iter().any(|member| member.open && member.link().is_some())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// How many events there are, waiting or in somebody's hands.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// and how many bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn add(&mut self, parcel: Parcel) {
        self.held += 1;
        self.bytes += size(&parcel.kept.event);
        match self.key(&parcel) {
            Some(key) => {
                self.spread();
                self.wait(key, parcel);
            }
            None => self.waiting.push_back(parcel),
        }
    }

    /// Takes back what somebody had, to its place in the order.
    pub(super) fn put_back(&mut self, parcel: Parcel) {
        if let Some(key) = self.key(&parcel) {
            return self.wait(key, parcel);
        }
        let at = self.waiting.partition_point(|waiting| waiting.number < parcel.number);
        self.waiting.insert(at, parcel);
    }

    /// Forgets one that was in somebody's hands.
    pub(super) fn release(&mut self, parcel: &Parcel) {
        self.held -= 1;
        self.bytes -= size(&parcel.kept.event);
        self.has_room();
    }

    /// Is told as soon as there may be more room.
    pub(super) fn room(&mut self) -> OwnedNotified {
        self.wanted = true;
        self.room.clone().notified_owned()
    }

    /// Tells those who wait for room that there may be some.
    pub(super) fn has_room(&mut self) {
        if std::mem::take(&mut self.wanted) {
            self.room.notify_waiters();
        }
    }

    /// The next that waits, and who gets it.
    pub(super) fn next(&mut self) -> Option<(Parcel, usize)> {
        if self.keyed.waiting() > 0 {
            self.spread();
            let first = self.waiting.front().map(|parcel| parcel.number);
            if let Some(next) = self.next_pinned(first) {
                return Some(next);
            }
        }
        if self.waiting.is_empty() {
            self.told &= self.is_waiting();
            return None;
        }
        let member = self.pick()?;
        self.turn = member + 1;
        self.waiting.pop_front().map(|parcel| (parcel, member))
    }

    /// Who has fewest under way among those that have not all they asked for, else among those with room beside that; of
    /// equals, whoever is next.
    fn pick(&self) -> Option<usize> {
        let count = self.members.len();
        let order = (0..count).map(|step| (self.turn + step) % count);
        order.filter(|at| self.members[*at].takes()).min_by_key(|at| {
            let member = &self.members[*at];
            (member.under_way >= member.in_flight, member.under_way)
        })
    }

    pub(super) fn member(&mut self, subscription: u64) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.subscription == subscription)
    }

    /// How much nobody has,
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + self.keyed.waiting()
    }

    /// and whether that is anything.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting() > 0
    }

    /// Forgets what waits, and says how much that is.
    pub(super) fn clear(&mut self) -> usize {
        let lost = self.waiting();
        let keyed = self.take_keyed().into_values();
        for parcel in std::mem::take(&mut self.waiting).into_iter().chain(keyed) {
            self.release(&parcel);
        }
        lost
    }

    /// Notes whether anybody is there. Nobody waits for those who are not.
    pub(super) fn note(&mut self, now: Instant) {
        if self.is_open() {
            self.left = None;
            return;
        }
        self.left.get_or_insert(now);
        self.waiting.iter_mut().for_each(|parcel| parcel.share = None);
        self.keyed().for_each(|parcel| parcel.share = None);
        self.has_room();
    }

    /// When it is forgotten, unless somebody comes.
    pub(super) fn end(&self) -> Option<Instant> {
        self.left.map(|left| left + LINGER)
    }

    /// Waits on, for those who still have something of it.
    pub(super) fn linger(&mut self, now: Instant) {
        self.left = Some(now);
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.queue {
            Some(queue) => write!(f, "queue `{queue}` of `{}`", self.topics),
            None => write!(f, "a subscriber of `{}`", self.topics),
        }
    }
}
