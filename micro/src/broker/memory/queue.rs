//! One queue: the events that wait in it, and those who take them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

use crate::broker::{Delivery, Event, Pattern, Settlement, Subscription};
use crate::util::clock::{self, Instant};

/// Maximum number of queued events.
const MAX_QUEUED: usize = 10_000;

/// Events of the subscribers that share a queue, or of one subscriber without a queue.
pub(super) struct GroupQueue {
    topics: Pattern,
    name: Option<String>,
    durable: bool,
    waiting: Mutex<WaitingEvents>,
    /// Told when an event comes, and when one goes.
    more: Notify,
    room: Notify,
}

#[derive(Default)]
struct WaitingEvents {
    ready: VecDeque<QueueEntry>,
    /// Those that were given back for later, in the order they are due.
    later: BTreeMap<(Instant, u64), QueueEntry>,
    counted: u64,
    members: usize,
    /// Number of the member that joined last.
    joined: u64,
    /// The keys of events that members hold.
    keys: HashMap<String, QueueKey>,
    /// Events that wait behind their keys.
    parked: usize,
}

/// A key of which a member holds events. Others of it come to the same member, so that their order holds.
struct QueueKey {
    member: u64,
    held: usize,
    /// Events that other members came across.
    parked: VecDeque<QueueEntry>,
}

/// An event in a queue.
struct QueueEntry {
    event: Event,
    attempt: u32,
}

impl GroupQueue {
    pub(super) fn new(subscription: &Subscription) -> Self {
        GroupQueue {
            topics: subscription.topics.clone(),
            name: subscription.queue.clone(),
            durable: subscription.durable,
            waiting: Mutex::default(),
            more: Notify::new(),
            room: Notify::new(),
        }
    }

    pub(super) fn topics(&self) -> &Pattern {
        &self.topics
    }

    /// Returns `true` if this is the queue of `subscription`.
    pub(super) fn is(&self, subscription: &Subscription) -> bool {
        self.name.is_some() && self.name == subscription.queue && self.topics == subscription.topics
    }

    /// Returns `true` if the queue has no subscriber, and retains nothing for later ones.
    pub(super) fn is_left(&self) -> bool {
        !self.durable && self.waiting().members == 0
    }

    /// Returns `true` if the queue is full. A queue without subscribers that retains nothing is never full: its events are
    /// dropped with it.
    pub(super) fn is_full(&self) -> bool {
        let waiting = self.waiting();
        (self.durable || waiting.members > 0) && waiting.len() >= MAX_QUEUED
    }

    pub(super) fn add(&self, event: Event) {
        self.waiting().ready.push_back(QueueEntry { event, attempt: 1 });
        self.more.notify_waiters();
    }

    /// Waits until something was taken out.
    pub(super) async fn room(&self) {
        let told = self.room.notified();
        if self.is_full() {
            told.await;
        }
    }

    /// Ends a delivery.
    fn settle(&self, mut entry: QueueEntry, how: Settlement) {
        if how == Settlement::Done && entry.event.key.is_none() {
            return;
        }
        let mut waiting = self.waiting();
        let parked = waiting.parked;
        if let Some(key) = &entry.event.key {
            waiting.release(key);
        }
        let is_more = how != Settlement::Done || waiting.parked < parked;
        if let Settlement::Again(after) = how {
            entry.attempt += 1;
            if after.is_zero() {
                waiting.put_back(entry);
            } else {
                let at = (clock::after(after), waiting.counted);
                waiting.counted += 1;
                waiting.later.insert(at, entry);
            }
        }
        drop(waiting);
        if is_more {
            self.more.notify_waiters();
        }
    }

    /// The next event for a member, or when there may be one.
    fn take(&self, member: u64) -> Result<QueueEntry, Option<Instant>> {
        let mut waiting = self.waiting();
        let now = clock::now();
        while let Some(first) = waiting.later.first_entry().filter(|first| first.key().0 <= now) {
            let entry = first.remove();
            waiting.put_back(entry);
        }
        let due = waiting.later.first_key_value().map(|((due, _), _)| *due);
        let entry = waiting.take(member).ok_or(due);
        drop(waiting);
        if entry.is_ok() {
            self.room.notify_waiters();
        }
        entry
    }

    fn waiting(&self) -> MutexGuard<'_, WaitingEvents> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaitingEvents {
    fn len(&self) -> usize {
        self.ready.len() + self.later.len() + self.parked
    }

    /// The next event whose key no other member holds.
    fn take(&mut self, member: u64) -> Option<QueueEntry> {
        let entry = match self.take_parked(member) {
            Some(entry) => entry,
            None => self.take_ready(member)?,
        };
        if let Some(key) = &entry.event.key {
            match self.keys.get_mut(key) {
                Some(key) => key.held += 1,
                None => drop(self.keys.insert(key.clone(), QueueKey { member, held: 1, parked: VecDeque::new() })),
            }
        }
        Some(entry)
    }

    fn take_parked(&mut self, member: u64) -> Option<QueueEntry> {
        if self.parked == 0 {
            return None;
        }
        let mut own = self.keys.values_mut().filter(|key| key.member == member);
        let entry = own.find_map(|key| key.parked.pop_front())?;
        self.parked -= 1;
        Some(entry)
    }

    fn take_ready(&mut self, member: u64) -> Option<QueueEntry> {
        while let Some(entry) = self.ready.pop_front() {
            let key = entry.event.key.as_ref().and_then(|key| self.keys.get_mut(key));
            match key.filter(|key| key.member != member) {
                None => return Some(entry),
                Some(key) => {
                    key.parked.push_back(entry);
                    self.parked += 1;
                }
            }
        }
        None
    }

    /// Notes that a member holds one event of a key less. With the last one the key is free for any member.
    fn release(&mut self, key: &str) {
        let Some(held) = self.keys.get_mut(key) else { return };
        held.held -= 1;
        if held.held == 0 {
            let parked = self.keys.remove(key).map(|key| key.parked).unwrap_or_default();
            self.parked -= parked.len();
            parked.into_iter().rev().for_each(|entry| self.ready.push_front(entry));
        }
    }

    /// Puts an event before all others of its key.
    fn put_back(&mut self, entry: QueueEntry) {
        match entry.event.key.as_ref().and_then(|key| self.keys.get_mut(key)) {
            Some(key) => {
                key.parked.push_front(entry);
                self.parked += 1;
            }
            None => self.ready.push_front(entry),
        }
    }
}

impl fmt::Display for GroupQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.waiting();
        match &self.name {
            Some(name) => write!(f, "queue `{name}`")?,
            None => write!(f, "a subscriber of `{}`", self.topics)?,
        }
        write!(f, " has {} events waiting", waiting.len())
    }
}

/// One who takes events from a queue.
pub(super) struct QueueMember {
    queue: Arc<GroupQueue>,
    number: u64,
    in_flight: Arc<Semaphore>,
}

impl QueueMember {
    pub(super) fn join(queue: Arc<GroupQueue>, in_flight: usize) -> Self {
        let mut waiting = queue.waiting();
        waiting.members += 1;
        waiting.joined += 1;
        let number = waiting.joined;
        drop(waiting);
        QueueMember { queue, number, in_flight: Arc::new(Semaphore::new(in_flight.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    /// The next event, once fewer than allowed are under way.
    pub(super) async fn next(&self) -> Delivery {
        let permit = self.in_flight.clone().acquire_owned().await.expect("it is never closed");
        loop {
            let told = self.queue.more.notified();
            match self.queue.take(self.number) {
                Ok(entry) => {
                    let (event, attempt, queue) = (entry.event.clone(), entry.attempt, self.queue.clone());
                    return Delivery::ending_at(event, attempt, move |how| {
                        queue.settle(entry, how);
                        drop(permit);
                    });
                }
                Err(Some(due)) => drop(clock::timeout_at(due, told).await),
                Err(None) => told.await,
            }
        }
    }
}

impl Drop for QueueMember {
    fn drop(&mut self) {
        self.queue.waiting().members -= 1;
    }
}
