//! Statistics of a node: its latency, and the calls it has in flight.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::outlier::Ejection;
use crate::errors::Code;
use crate::rpc::CallOutcome;
use crate::util::cache_padded::CachePadded;
use crate::util::clock::{self, Instant};

/// The latency that is assumed of a node that has not answered yet, while it has calls in flight.
const UNKNOWN_LATENCY: Duration = Duration::from_millis(1);

/// Time constant with which old latencies lose their weight.
const LATENCY_DECAY: Duration = Duration::from_secs(10);

/// For how long quicker answers are not looked at once the latency is known: it would change by less than a thousandth.
const MIN_UPDATE_INTERVAL: Duration = Duration::from_millis(10);

/// Statistics of a node, as one client sees it. They outlive lists of nodes, as long as the node keeps its id and its address.
pub struct NodeStats {
    address: String,
    in_flight: CachePadded<AtomicU32>,
    // An answer that takes no longer than `usual` changes nothing until `settled`: both in nanoseconds, the latter since `created`.
    usual: AtomicU64,
    settled: AtomicU64,
    created: Instant,
    latency: Mutex<Option<(Duration, Instant)>>,
    pub(super) ejection: Ejection,
    // When it was last chosen, in the order of one round-robin balancer.
    pub(super) turn: AtomicU64,
}

impl NodeStats {
    pub(super) fn new(address: &str) -> Self {
        NodeStats {
            address: address.to_owned(),
            in_flight: CachePadded(AtomicU32::new(0)),
            usual: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            created: clock::now(),
            latency: Mutex::default(),
            ejection: Ejection::default(),
            turn: AtomicU64::new(0),
        }
    }

    /// The address of the node: `10.0.0.7:8080`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The number of calls of this client that the node has not finished. A stream counts up to its end.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// The latency of its answers as a peak EWMA: a slower answer counts at once, a faster one by and by. `None` before the
    /// first answer.
    pub fn latency(&self) -> Option<Duration> {
        self.observed().map(|(latency, _)| latency)
    }

    /// Returns `true` while the node is ejected as an outlier.
    pub fn is_ejected(&self) -> bool {
        self.ejection.is_in_force()
    }

    /// Latency in seconds times calls in flight, the coming one included. A node of which nothing is known costs nothing until
    /// it has a call to answer, or it would never be tried beside one that is known to be quick.
    pub fn cost(&self) -> f64 {
        let in_flight = self.in_flight();
        match self.latency() {
            Some(latency) => latency.as_secs_f64() * f64::from(in_flight + 1),
            None if in_flight == 0 => 0.0,
            None => UNKNOWN_LATENCY.as_secs_f64() * f64::from(in_flight + 1),
        }
    }

    /// One more call is in flight.
    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Learns from an attempt that ended `now`.
    pub(super) fn record(&self, outcome: &CallOutcome, now: Instant) {
        let took = outcome.latency();
        match outcome.code() {
            _ if outcome.is_unreachable() => return,
            // The caller gave up; what the node took so far is the least it takes.
            Some(Code::Cancelled) if took <= self.latency().unwrap_or(UNKNOWN_LATENCY) => return,
            Some(Code::Cancelled) => {}
            _ if self.is_settled(took, now) => return,
            _ => {}
        }
        let latency = observe(&mut self.latency.lock().unwrap_or_else(PoisonError::into_inner), took, now);
        let settled = now.saturating_duration_since(self.created) + MIN_UPDATE_INTERVAL;
        self.usual.store(latency.as_nanos() as u64, Ordering::Relaxed);
        self.settled.store(settled.as_nanos() as u64, Ordering::Relaxed);
    }

    /// Returns `true` if a latency adds nothing to those just recorded. Busy clients record thousands between two that do, and
    /// skip the contention of reporting them.
    fn is_settled(&self, took: Duration, now: Instant) -> bool {
        let now = now.saturating_duration_since(self.created);
        took.as_nanos() <= u128::from(self.usual.load(Ordering::Relaxed))
            && now.as_nanos() < u128::from(self.settled.load(Ordering::Relaxed))
    }

    fn observed(&self) -> Option<(Duration, Instant)> {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Peak EWMA.
fn observe(known: &mut Option<(Duration, Instant)>, took: Duration, now: Instant) -> Duration {
    let latency = match *known {
        Some((old, since)) if took < old => {
            let weight = (-(now - since).as_secs_f64() / LATENCY_DECAY.as_secs_f64()).exp();
            took + (old - took).mul_f64(weight)
        }
        _ => took,
    };
    *known = Some((latency, now));
    latency
}

impl fmt::Debug for NodeStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeStats")
            .field("address", &self.address)
            .field("in_flight", &self.in_flight())
            .field("latency", &self.latency())
            .field("is_ejected", &self.is_ejected())
            .finish()
    }
}
