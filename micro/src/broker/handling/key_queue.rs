//! Deliveries that wait for their turn, in one queue for each key where order matters.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::broker::Delivery;
use crate::util::clock::{self, Instant};

/// Maximum number of deliveries buffered behind one blocked key,
const MAX_PER_KEY: usize = 64;
/// and behind all of them. A subscription has room for so many beside those it handles.
pub(super) const MAX_BLOCKED: usize = 256;
/// Maximum number of events returned to the broker that have not been redelivered yet.
const MAX_RETURNED: usize = 10_000;

/// Delay before an event that found no room is redelivered, behind a blocked key and behind one that is free again: longer for
/// each that was returned before it, so that they arrive in order.
const RETURN_DELAY: Duration = Duration::from_secs(5);
const QUICK_RETURN_DELAY: Duration = Duration::from_millis(100);
const RETURN_STEP: Duration = Duration::from_millis(10);
const MAX_RETURN_DELAY: Duration = Duration::from_secs(60);
/// Time past that delay after which a returned event counts as taken by another process.
const RETURN_GRACE: Duration = Duration::from_secs(30);

/// Deliveries that have not begun.
///
/// Those of a key wait for the one before them. A key whose event fails and is tried again, or takes long, is *blocked*: what
/// waits behind it has bounds of its own, so that other keys go on. Beyond these bounds deliveries are returned to the broker,
/// which delivers them again, and are taken in the order they first came in.
#[derive(Debug)]
pub(super) struct KeyQueues {
    concurrency: usize,
    redelivers: bool,
    ready: VecDeque<(Option<String>, Delivery)>,
    keys: HashMap<String, KeyQueue>,
    /// Deliveries behind keys that are not blocked.
    waiting: usize,
    /// Deliveries behind keys that are.
    blocked: usize,
    returned: usize,
}

/// A key of which there are events.
#[derive(Debug, Default)]
struct KeyQueue {
    /// An event of it is being handled, or is ready to be.
    busy: bool,
    blocked: bool,
    waiting: VecDeque<Delivery>,
    returned: Returned,
}

/// Events of one key of which the first is on its way back to the broker and here again, in their order.
#[derive(Debug, Default)]
struct Returned {
    slots: VecDeque<KeySlot>,
    /// The number of each by its id; that of the first slot is `first`.
    numbers: HashMap<Arc<str>, usize>,
    first: usize,
}

#[derive(Debug)]
struct KeySlot {
    id: Arc<str>,
    /// Number of returns, and the time until which the event is expected back.
    times: u32,
    until: Instant,
    /// One that is here, and waits for those before it.
    here: Option<Delivery>,
}

/// A delivery without room, to be delivered again after the delay.
#[derive(Debug)]
pub(super) struct Overflow(pub(super) Delivery, pub(super) Duration);

impl KeyQueues {
    /// For a subscriber that handles `concurrency` events at a time, of a broker that delivers again what is returned to it, or
    /// does not.
    pub(super) fn new(concurrency: usize, redelivers: bool) -> Self {
        KeyQueues {
            concurrency,
            redelivers,
            ready: VecDeque::new(),
            keys: HashMap::new(),
            waiting: 0,
            blocked: 0,
            returned: 0,
        }
    }

    /// Returns `true` if more deliveries are wanted. Deliveries behind blocked keys do not count if they can be returned.
    pub(super) fn has_room(&self) -> bool {
        let bounded = if self.redelivers { self.returned < MAX_RETURNED } else { self.blocked < MAX_BLOCKED };
        self.ready.len() + self.waiting < self.concurrency && bounded
    }

    /// Adds a delivery behind the others of its key, or hands it back if there is no room for it.
    pub(super) fn add(&mut self, delivery: Delivery, key: Option<String>) -> Option<Overflow> {
        let Some(key) = key else {
            self.ready.push_back((None, delivery));
            return None;
        };
        let queue = self.keys.entry(key.clone()).or_default();
        let held_up = queue.blocked || !queue.returned.slots.is_empty();
        if !self.redelivers || !held_up {
            self.line_up(key, delivery);
            return None;
        }
        let (at, slots) = (queue.returned.place(&delivery.event.id), queue.returned.slots.len());
        let room = queue.waiting.len() < MAX_PER_KEY && self.blocked < MAX_BLOCKED && at < MAX_PER_KEY;
        // The first of a key that nothing is done for has room at once.
        let overflow = if room || (at == 0 && !queue.busy) {
            self.blocked += usize::from(queue.returned.keep(delivery));
            None
        } else {
            let delay = if queue.blocked { RETURN_DELAY } else { QUICK_RETURN_DELAY };
            Some(queue.returned.give_back(delivery, delay))
        };
        self.returned += queue.returned.slots.len() - slots;
        self.line_up_returned(&key);
        overflow
    }

    /// Puts those that waited for others of their key to come again behind the key, as far as these have come.
    fn line_up_returned(&mut self, key: &str) {
        while let Some(queue) = self.keys.get_mut(key)
            && let Some(slot) = queue.returned.pop()
        {
            self.returned -= 1;
            if let Some(mut delivery) = slot.here {
                self.blocked -= 1;
                // To have been returned for want of room was no attempt.
                delivery.attempt = delivery.attempt.saturating_sub(slot.times).max(1);
                self.line_up(key.to_owned(), delivery);
            }
        }
    }

    fn line_up(&mut self, key: String, delivery: Delivery) {
        let queue = self.keys.entry(key.clone()).or_default();
        if !std::mem::replace(&mut queue.busy, true) {
            self.ready.push_back((Some(key), delivery));
            return;
        }
        *(if queue.blocked { &mut self.blocked } else { &mut self.waiting }) += 1;
        queue.waiting.push_back(delivery);
    }

    /// Returns `true` if a delivery can be started.
    pub(super) fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next that may begin, and the key to [`free`](Self::free) when it has ended.
    pub(super) fn next(&mut self) -> Option<(Option<String>, Delivery)> {
        self.ready.pop_front()
    }

    /// Notes that the event of this key that is being handled holds up the others of it.
    pub(super) fn block(&mut self, key: &str) {
        let Some(queue) = self.keys.get_mut(key) else { return };
        if !std::mem::replace(&mut queue.blocked, true) {
            self.waiting -= queue.waiting.len();
            self.blocked += queue.waiting.len();
        }
    }

    /// Notes that the event of this key that was being handled has ended.
    pub(super) fn free(&mut self, key: String) {
        let Some(queue) = self.keys.get_mut(&key) else { return };
        if std::mem::take(&mut queue.blocked) {
            self.blocked -= queue.waiting.len();
            self.waiting += queue.waiting.len();
        }
        match queue.waiting.pop_front() {
            Some(next) => {
                self.waiting -= 1;
                self.ready.push_back((Some(key), next));
            }
            None if queue.returned.slots.is_empty() => drop(self.keys.remove(&key)),
            None => queue.busy = false,
        }
    }

    /// Goes on without events that did not come again: other processes have taken them.
    pub(super) fn expire(&mut self) {
        let keys = self.keys.iter().filter(|(_, queue)| !queue.returned.slots.is_empty());
        for key in keys.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            self.line_up_returned(&key);
        }
        self.keys.retain(|_, queue| queue.busy || !queue.returned.slots.is_empty());
    }

    /// Everything in here.
    pub(super) fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        let ready = self.ready.iter().map(|(_, delivery)| delivery);
        let returned = self.keys.values().flat_map(|queue| &queue.returned.slots).filter_map(|slot| slot.here.as_ref());
        ready.chain(self.keys.values().flat_map(|queue| &queue.waiting)).chain(returned)
    }
}

impl Returned {
    /// Returns the number of events before an event.
    fn place(&self, id: &str) -> usize {
        self.numbers.get(id).map_or(self.slots.len(), |number| number - self.first)
    }

    fn slot(&mut self, id: &str) -> &mut KeySlot {
        let at = self.place(id);
        if at == self.slots.len() {
            let id: Arc<str> = id.into();
            self.numbers.insert(id.clone(), self.first + at);
            self.slots.push_back(KeySlot { id, times: 0, until: clock::now(), here: None });
        }
        &mut self.slots[at]
    }

    /// Keeps a delivery until those before it have come. Returns whether its event was not here already.
    fn keep(&mut self, delivery: Delivery) -> bool {
        self.slot(&delivery.event.id).here.replace(delivery).is_none()
    }

    /// Gives a delivery back, to be delivered again behind those before it.
    fn give_back(&mut self, delivery: Delivery, delay: Duration) -> Overflow {
        let steps = u32::try_from(self.place(&delivery.event.id)).unwrap_or(u32::MAX);
        let delay = (delay + RETURN_STEP.saturating_mul(steps)).min(MAX_RETURN_DELAY);
        let slot = self.slot(&delivery.event.id);
        slot.times += 1;
        slot.until = clock::after(delay + RETURN_GRACE);
        Overflow(delivery, delay)
    }

    /// Takes out the first, if it is here or overdue.
    fn pop(&mut self) -> Option<KeySlot> {
        let now = clock::now();
        let slot = self.slots.pop_front_if(|first| first.here.is_some() || first.until < now)?;
        self.first += 1;
        self.numbers.remove(&slot.id);
        Some(slot)
    }
}
