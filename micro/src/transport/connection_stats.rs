use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::util::cache_padded::CachePadded;

/// The state of a [`Connection`](crate::transport::Connection), from which the pool decides where calls go.
///
/// Reading it takes no lock: it happens at every call.
pub struct ConnectionStats {
    retired: AtomicBool,
    closed: AtomicBool,
    // Written when it changes, because every call reads it.
    busy: AtomicBool,
    // Set when the connection was picked since the last check.
    used: AtomicBool,
    busy_at: usize,
    slots: Option<Slots>,
    on_close: OnceLock<Box<dyn Fn() + Send + Sync>>,
    reported: CachePadded<AtomicUsize>,
}

struct Slots {
    free: Arc<Semaphore>,
    all: usize,
}

/// The right to make a call on a connection, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    _slot: Option<OwnedSemaphorePermit>,
}

impl ConnectionStats {
    /// A connection that takes `calls` at a time, at least one; further ones wait. From `busy_at` calls on another connection
    /// is worth its while.
    pub fn limited(calls: usize, busy_at: usize) -> Self {
        let all = calls.clamp(1, Semaphore::MAX_PERMITS);
        Self::new(Some(Slots { free: Arc::new(Semaphore::new(all)), all }), busy_at)
    }

    /// A connection that takes calls without asking the pool, and [reports](Self::report) how many it has. From `busy_at` on
    /// another connection is worth its while.
    pub fn reported(busy_at: usize) -> Self {
        Self::new(None, busy_at)
    }

    fn new(slots: Option<Slots>, busy_at: usize) -> Self {
        ConnectionStats {
            retired: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            busy: AtomicBool::new(false),
            used: AtomicBool::new(false),
            busy_at,
            slots,
            on_close: OnceLock::new(),
            reported: CachePadded::default(),
        }
    }

    /// Says how many calls there are, for a connection that counts them itself.
    pub fn report(&self, calls: usize) {
        self.reported.store(calls, Ordering::Relaxed);
        let busy = calls >= self.busy_at;
        if busy != self.busy.load(Ordering::Relaxed) {
            self.busy.store(busy, Ordering::Relaxed);
        }
    }

    /// Returns the number of calls in flight.
    pub fn in_flight(&self) -> usize {
        match &self.slots {
            Some(slots) => slots.all.saturating_sub(slots.free.available_permits()),
            None => self.reported.load(Ordering::Relaxed),
        }
    }

    /// Takes no further calls; those that run go on.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
        if let Some(slots) = &self.slots {
            slots.free.close();
        }
    }

    /// Returns `true` if the connection takes no further calls.
    pub fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Relaxed)
    }

    /// Says that the connection is over: the pool lets go of it.
    pub fn close(&self) {
        self.retire();
        self.closed.store(true, Ordering::SeqCst);
        if let Some(on_close) = self.on_close.get() {
            on_close();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Calls `on_close` when the connection is over, which may be at once, and more than once.
    pub(super) fn when_closed(&self, on_close: impl Fn() + Send + Sync + 'static) {
        let _ = self.on_close.set(Box::new(on_close));
        if let (true, Some(on_close)) = (self.is_closed(), self.on_close.get()) {
            on_close();
        }
    }

    /// Returns `true` if another connection is worth opening.
    pub(super) fn is_busy(&self) -> bool {
        match self.slots {
            Some(_) => self.in_flight() >= self.busy_at,
            None => self.busy.load(Ordering::Relaxed),
        }
    }

    /// Returns `true` if calls will soon wait for one another.
    pub(super) fn is_nearly_full(&self) -> bool {
        self.slots.as_ref().is_some_and(|slots| slots.free.available_permits() < self.in_flight() / 2)
    }

    /// Returns the load by which connections are compared: the calls in flight, with full connections last.
    pub(super) fn load(&self) -> usize {
        match &self.slots {
            Some(slots) if slots.free.available_permits() == 0 => usize::MAX,
            _ => self.in_flight(),
        }
    }

    /// Returns `true` if the connection had no call since this was asked before.
    pub(super) fn is_unused(&self) -> bool {
        !self.used.swap(false, Ordering::Relaxed) && self.in_flight() == 0
    }

    /// The right to one call, if that can be had at once.
    pub(super) fn try_acquire(&self) -> Option<Permit> {
        self.note_use();
        let slot = match &self.slots {
            Some(slots) => Some(slots.free.clone().try_acquire_owned().ok()?),
            None => None,
        };
        Some(Permit { _slot: slot })
    }

    /// The right to one call, once it can be had; `None` when the connection was retired first.
    pub(super) async fn acquire(&self) -> Option<Permit> {
        self.note_use();
        let slot = match &self.slots {
            Some(slots) => Some(slots.free.clone().acquire_owned().await.ok()?),
            None => None,
        };
        Some(Permit { _slot: slot })
    }

    fn note_use(&self) {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for ConnectionStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ConnectionStats");
        shown.field("in_flight", &self.in_flight()).field("retired", &self.is_retired()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_limited_connection_lets_callers_wait_until_it_is_retired() {
        let stats = Arc::new(ConnectionStats::limited(2, 1));
        let first = stats.try_acquire().unwrap();
        assert!(stats.is_busy() && stats.load() == 1);
        let second = stats.try_acquire().unwrap();
        assert!(stats.try_acquire().is_none() && stats.is_nearly_full());
        assert_eq!(stats.load(), usize::MAX);
        drop(first);
        assert!(stats.acquire().await.is_some());
        let _third = stats.try_acquire().unwrap();
        let waiting = {
            let stats = stats.clone();
            crate::util::spawn::spawn(async move { stats.acquire().await.is_some() })
        };
        stats.retire();
        assert!(!waiting.await.unwrap());
        drop(second);
        assert!(stats.try_acquire().is_none());
    }

    #[test]
    fn a_connection_is_unused_when_nothing_picked_it_between_two_looks() {
        let stats = ConnectionStats::limited(2, 1);
        assert!(stats.is_unused());
        let permit = stats.try_acquire();
        assert!(!stats.is_unused());
        // A call that runs on counts, however long ago it began.
        assert!(!stats.is_unused());
        drop(permit);
        assert!(stats.is_unused());
    }

    #[test]
    fn who_asks_late_hears_of_the_end_as_well() {
        for closed_first in [true, false] {
            let stats = ConnectionStats::reported(1);
            let told = Arc::new(AtomicUsize::new(0));
            let tell = told.clone();
            if closed_first {
                stats.close();
            }
            stats.when_closed(move || {
                tell.fetch_add(1, Ordering::Relaxed);
            });
            stats.close();
            assert!(told.load(Ordering::Relaxed) > 0 && stats.is_retired());
        }
    }
}
