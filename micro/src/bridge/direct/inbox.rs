//! What one subscription of this process has taken and not settled.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context as Cx, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;

use super::bounds::{WAITING, WAITING_BYTES};
use super::desk::Desk;
use super::listed::Listed;
use super::outbox::{Outbox, Outcome, size};
use super::receipts::Receipts;
use crate::broker::{Delivery, Ended, Event};
use crate::errors::Result;
use crate::util::clock::{self, Instant, Sleep};

/// The events of one subscription.
pub(super) struct Inbox {
    listed: Listed,
    inside: Mutex<Inside>,
    weight: Arc<Weight>,
    outbox: Weak<Outbox>,
}

/// How much all subscriptions of a process hold.
#[derive(Debug, Default)]
pub(super) struct Weight(AtomicUsize);

#[derive(Default)]
struct Inside {
    entries: HashMap<Key, Entry>,
    ready: VecDeque<Key>,
    /// Those that were given back for later, in the order they are due.
    later: BTreeMap<(Instant, u64), Key>,
    counted: u64,
    /// How many the subscriber has.
    begun: usize,
    /// Whether it takes any more.
    closed: bool,
    reader: Option<Waker>,
}

/// What tells an event from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) publisher: u64,
    pub(super) number: u64,
}

/// An event that was taken.
struct Entry {
    event: Event,
    attempt: u32,
    origin: Origin,
}

/// Who wants to hear what becomes of it.
#[derive(Clone)]
enum Origin {
    /// This process's own outbox.
    Here,
    /// A publisher elsewhere.
    Link(Arc<Receipts>),
}

/// Whether an event was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    Full,
    Closed,
}

impl Inbox {
    pub(super) fn new(listed: Listed, weight: Arc<Weight>, outbox: Weak<Outbox>) -> Arc<Self> {
        Arc::new(Inbox { listed, inside: Mutex::default(), weight, outbox })
    }

    pub(super) fn listed(&self) -> &Listed {
        &self.listed
    }

    /// Takes an event of this process. Whoever reads is added to `wakers`.
    pub(super) fn take_here(&self, key: Key, event: &Event, attempt: u32, wakers: &mut Vec<Waker>) -> Taken {
        self.take(key, attempt, Origin::Here, wakers, || event.clone())
    }

    /// Takes an event of another process.
    pub(super) fn take_from(&self, receipts: &Arc<Receipts>, key: Key, event: Event, attempt: u32) -> Taken {
        let mut wakers = Vec::new();
        let taken = self.take(key, attempt, Origin::Link(receipts.clone()), &mut wakers, || event);
        wakers.into_iter().for_each(Waker::wake);
        taken
    }

    fn take(
        &self,
        key: Key,
        attempt: u32,
        origin: Origin,
        wakers: &mut Vec<Waker>,
        event: impl FnOnce() -> Event,
    ) -> Taken {
        let mut inside = self.inside();
        // One that is still here is not delivered twice; whoever brought it last hears of it.
        if let Some(entry) = inside.entries.get_mut(&key) {
            entry.origin = origin;
            return Taken::Yes;
        }
        if inside.closed {
            return Taken::Closed;
        }
        if inside.entries.len() >= WAITING || self.weight.is_full() {
            return Taken::Full;
        }
        let event = event();
        self.weight.add(size(&event));
        inside.entries.insert(key, Entry { event, attempt: attempt.max(1), origin });
        inside.ready.push_back(key);
        wakers.extend(inside.reader.take());
        Taken::Yes
    }

    /// The next event, once there is one and the subscriber has fewer than it asked for.
    fn poll_next(self: &Arc<Self>, timer: &mut Option<Pin<Box<Sleep>>>, cx: &mut Cx<'_>) -> Poll<Delivery> {
        loop {
            let due = match self.next(cx) {
                Ok(delivery) => return Poll::Ready(delivery),
                Err(None) => return Poll::Pending,
                Err(Some(due)) => due,
            };
            let timer = timer.get_or_insert_with(|| Box::pin(clock::sleep_until(due)));
            if timer.deadline() != due {
                timer.as_mut().reset(due);
            }
            std::task::ready!(timer.as_mut().poll(cx));
        }
    }

    /// The next event, or when there may be one if none comes.
    fn next(self: &Arc<Self>, cx: &Cx<'_>) -> Result<Delivery, Option<Instant>> {
        let mut inside = self.inside();
        let free = inside.begun < self.listed.in_flight;
        if free {
            inside.ripen();
        }
        let Some(key) = inside.ready.front().copied().filter(|_| free) else {
            inside.reader = Some(cx.waker().clone());
            return Err(inside.later.first_key_value().map(|((due, _), _)| *due).filter(|_| free));
        };
        inside.ready.pop_front();
        inside.begun += 1;
        let entry = inside.entries.get(&key).expect("what is ready is here");
        let (event, attempt) = (entry.event.clone(), entry.attempt);
        drop(inside);
        // Whoever has an event has it until its process ends.
        let inbox = self.clone();
        Ok(Delivery::ending_at(event, attempt, move |how| inbox.end(key, how)))
    }

    /// Takes no more.
    pub(super) fn close(&self) {
        self.inside().closed = true;
    }

    /// Gives away what was not begun.
    pub(super) fn clear(&self) {
        let mut inside = self.inside();
        let later = std::mem::take(&mut inside.later).into_values();
        let waiting: Vec<Key> = std::mem::take(&mut inside.ready).into_iter().chain(later).collect();
        let waiting: Vec<_> = waiting.into_iter().filter_map(|key| Some((key, inside.entries.remove(&key)?))).collect();
        drop(inside);
        for (key, entry) in waiting {
            self.weight.remove(size(&entry.event));
            self.give_away(key, entry);
        }
    }

    /// The subscriber has ended with one.
    fn end(&self, key: Key, how: Ended) {
        let mut inside = self.inside();
        inside.begun -= 1;
        let reader = inside.reader.take();
        if let Ended::Again(after) = how
            && !inside.closed
        {
            let again = inside.give_back(key, after);
            drop(inside);
            if let Some((origin, attempt)) = again {
                // Where nobody hears it is still delivered again.
                let _ = self.tell(&origin, key.number, Outcome::Again(attempt));
            }
        } else if let Some(mut entry) = inside.entries.remove(&key) {
            drop(inside);
            self.weight.remove(size(&entry.event));
            match how {
                Ended::Done => drop(self.tell(&entry.origin, key.number, Outcome::Done)),
                Ended::Again(_) => {
                    entry.attempt = entry.attempt.saturating_add(1);
                    self.give_away(key, entry);
                }
            }
        }
        reader.into_iter().for_each(Waker::wake);
    }

    /// Has somebody else deliver it: whom its publisher finds, or, where that is gone, this process.
    fn give_away(&self, key: Key, entry: Entry) {
        if self.tell(&entry.origin, key.number, Outcome::Elsewhere(entry.attempt)).is_ok() {
            return;
        }
        let outbox = self.outbox.upgrade();
        if !outbox.is_some_and(|outbox| outbox.adopt(&self.listed, &entry.event, entry.attempt)) {
            let (topic, id) = (entry.event.topic.as_str(), &entry.event.id);
            tracing::debug!(topic, id, "an event is forgotten: its publisher is gone, and nobody else wants it");
        }
    }

    fn tell(&self, origin: &Origin, number: u64, outcome: Outcome) -> Result<(), Unheard> {
        match origin {
            Origin::Here => self.outbox.upgrade().ok_or(Unheard).map(|outbox| outbox.settled(number, outcome)),
            Origin::Link(receipts) => receipts.settled(number, outcome),
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.inside().entries.len()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody hears any more.
#[derive(Debug)]
pub(super) struct Unheard;

impl Inside {
    /// Makes those ready that are due.
    fn ripen(&mut self) {
        let now = clock::now();
        while let Some(first) = self.later.first_entry().filter(|first| first.key().0 <= now) {
            let key = first.remove();
            self.ready.push_front(key);
        }
    }

    /// Keeps one for its next delivery.
    fn give_back(&mut self, key: Key, after: Duration) -> Option<(Origin, u32)> {
        let entry = self.entries.get_mut(&key)?;
        entry.attempt = entry.attempt.saturating_add(1);
        let told = (entry.origin.clone(), entry.attempt);
        if after.is_zero() {
            self.ready.push_front(key);
        } else {
            self.counted += 1;
            self.later.insert((clock::after(after), self.counted), key);
        }
        Some(told)
    }
}

impl Weight {
    fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= WAITING_BYTES
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    fn remove(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The events of a subscription, as they come. Dropping it ends the subscription.
pub(super) struct Reader {
    inbox: Arc<Inbox>,
    timer: Option<Pin<Box<Sleep>>>,
    desk: Arc<Desk>,
}

impl Reader {
    pub(super) fn new(inbox: Arc<Inbox>, desk: Arc<Desk>) -> Self {
        Reader { inbox, timer: None, desk }
    }
}

impl Stream for Reader {
    type Item = Result<Delivery>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.inbox.poll_next(&mut this.timer, cx).map(|delivery| Some(Ok(delivery)))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.desk.close(&self.inbox);
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = self.inside();
        f.debug_struct("Inbox").field("listed", &self.listed).field("events", &inside.entries.len()).finish()
    }
}
