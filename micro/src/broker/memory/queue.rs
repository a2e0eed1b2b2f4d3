//! One queue: the events that wait in it, and those who take them.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};

use crate::broker::{Delivery, Ended, Event, Pattern, Subscription};
use crate::util::clock::{self, Instant};

/// How many events may wait.
const FULL: usize = 10_000;

/// What subscribers of one name share, or what one without a name has for itself.
pub(super) struct Queue {
    topics: Pattern,
    name: Option<String>,
    durable: bool,
    waiting: Mutex<Waiting>,
    /// Told when an event comes, and when one goes.
    more: Notify,
    room: Notify,
}

#[derive(Default)]
struct Waiting {
    ready: VecDeque<Entry>,
    /// Those that were given back for later, in the order they are due.
    later: BTreeMap<(Instant, u64), Entry>,
    counted: u64,
    members: usize,
}

/// An event in a queue.
struct Entry {
    event: Event,
    attempt: u32,
}

impl Queue {
    pub(super) fn new(subscription: &Subscription) -> Self {
        Queue {
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

    /// Whether it is the queue a subscription means.
    pub(super) fn is(&self, subscription: &Subscription) -> bool {
        self.name.is_some() && self.name == subscription.queue && self.topics == subscription.topics
    }

    /// Whether nobody is there, and nothing is kept for those who may come.
    pub(super) fn is_left(&self) -> bool {
        !self.durable && self.waiting().members == 0
    }

    /// Whether it has no room. One that was left has: what it gets is forgotten with it.
    pub(super) fn is_full(&self) -> bool {
        let waiting = self.waiting();
        (self.durable || waiting.members > 0) && waiting.ready.len() + waiting.later.len() >= FULL
    }

    pub(super) fn add(&self, event: Event) {
        self.waiting().ready.push_back(Entry { event, attempt: 1 });
        self.more.notify_waiters();
    }

    /// Waits until something was taken out.
    pub(super) async fn room(&self) {
        let told = self.room.notified();
        if self.is_full() {
            told.await;
        }
    }

    fn give_back(&self, entry: Entry, after: Duration) {
        let mut waiting = self.waiting();
        let entry = Entry { attempt: entry.attempt + 1, ..entry };
        if after.is_zero() {
            waiting.ready.push_front(entry);
        } else {
            let at = (clock::after(after), waiting.counted);
            waiting.counted += 1;
            waiting.later.insert(at, entry);
        }
        drop(waiting);
        self.more.notify_waiters();
    }

    /// The next event, or when there may be one.
    fn take(&self) -> Result<Entry, Option<Instant>> {
        let mut waiting = self.waiting();
        let now = clock::now();
        while let Some(first) = waiting.later.first_entry().filter(|first| first.key().0 <= now) {
            let entry = first.remove();
            waiting.ready.push_front(entry);
        }
        let due = waiting.later.first_key_value().map(|((due, _), _)| *due);
        let entry = waiting.ready.pop_front().ok_or(due);
        drop(waiting);
        if entry.is_ok() {
            self.room.notify_waiters();
        }
        entry
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.waiting();
        match &self.name {
            Some(name) => write!(f, "queue `{name}`")?,
            None => write!(f, "a subscriber of `{}`", self.topics)?,
        }
        write!(f, " has {} events waiting", waiting.ready.len() + waiting.later.len())
    }
}

/// One who takes events from a queue.
pub(super) struct Member {
    queue: Arc<Queue>,
    in_flight: Arc<Semaphore>,
}

impl Member {
    pub(super) fn join(queue: Arc<Queue>, in_flight: usize) -> Self {
        queue.waiting().members += 1;
        Member { queue, in_flight: Arc::new(Semaphore::new(in_flight.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    /// The next event, once fewer than allowed are under way.
    pub(super) async fn next(&self) -> Delivery {
        let permit = self.in_flight.clone().acquire_owned().await.expect("it is never closed");
        loop {
            let told = self.queue.more.notified();
            match self.queue.take() {
                Ok(entry) => {
                    let (event, attempt, queue) = (entry.event.clone(), entry.attempt, self.queue.clone());
                    return Delivery::ending_at(event, attempt, move |how| {
                        if let Ended::Again(after) = how {
                            queue.give_back(entry, after);
                        }
                        drop(permit);
                    });
                }
                Err(Some(due)) => drop(clock::timeout_at(due, told).await),
                Err(None) => told.await,
            }
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.queue.waiting().members -= 1;
    }
}
