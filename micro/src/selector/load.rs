//! What is known of a node: how long it takes, how much it has to do, and whether it could be reached.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::util::clock::{self, Instant};
use crate::util::line::Line;

/// What a node that has not answered yet is taken to need while calls to it are in flight.
const UNKNOWN: Duration = Duration::from_millis(1);

/// How fast old latencies lose their weight.
const DECAY: Duration = Duration::from_secs(10);

/// For how long quicker answers are not looked at once the latency is known: it would change by less than a thousandth.
const SETTLED: Duration = Duration::from_millis(10);

/// How long a node is put aside after it could not be reached; doubled each time up to the bound.
const ASIDE: Duration = Duration::from_secs(1);
const ASIDE_MOST: Duration = Duration::from_secs(30);

pub(super) struct Load {
    address: String,
    in_flight: Line<AtomicU32>,
    // What `learned` says of it, so that nobody asks who need not.
    aside: AtomicBool,
    /// An answer that takes no longer than this teaches nothing until then: both in nanoseconds, the latter since `made`.
    usual: AtomicU64,
    settled: AtomicU64,
    made: Instant,
    learned: Mutex<Learned>,
}

#[derive(Default)]
struct Learned {
    latency: Option<(Duration, Instant)>,
    aside: Option<Instant>,
    failures: u32,
}

impl Load {
    pub(super) fn new(address: &str) -> Self {
        Load {
            address: address.to_owned(),
            in_flight: Line(AtomicU32::new(0)),
            aside: AtomicBool::new(false),
            usual: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            made: clock::now(),
            learned: Mutex::default(),
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// One more call is in flight, or one less.
    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn is_aside(&self) -> bool {
        self.aside.load(Ordering::Relaxed)
            && self.learned(|learned| learned.aside.is_some_and(|until| clock::now() < until))
    }

    /// Latency times what is in flight, the coming call included. A node of which nothing is known costs nothing until it
    /// has a call to answer, or it would never be tried beside one that is known to be quick.
    pub(super) fn cost(&self) -> f64 {
        let in_flight = self.in_flight();
        match self.learned(|learned| learned.latency) {
            Some((latency, _)) => latency.as_secs_f64() * f64::from(in_flight + 1),
            None if in_flight == 0 => 0.0,
            None => UNKNOWN.as_secs_f64() * f64::from(in_flight + 1),
        }
    }

    /// Learns that a call ended `now`, after `took`.
    pub(super) fn ended(&self, ended: Ended, took: Duration, now: Instant) {
        if ended == Ended::Answered && self.is_nothing_new(took, now) {
            return;
        }
        self.learned(|learned| {
            match ended {
                Ended::Answered => {
                    learned.observe(took, now);
                    (learned.aside, learned.failures) = (None, 0);
                }
                Ended::Unreachable => {
                    let pause = ASIDE.saturating_mul(1 << learned.failures.min(5)).min(ASIDE_MOST);
                    learned.aside = Some(now + pause);
                    learned.failures += 1;
                }
                // The caller gave up; what the node took so far is the least it takes.
                Ended::Abandoned => {
                    if took > learned.latency.map_or(UNKNOWN, |(latency, _)| latency) {
                        learned.observe(took, now);
                    }
                }
            }
            self.aside.store(learned.aside.is_some(), Ordering::Relaxed);
            if let Some((latency, since)) = learned.latency {
                let settled = since.saturating_duration_since(self.made) + SETTLED;
                self.usual.store(latency.as_nanos() as u64, Ordering::Relaxed);
                self.settled.store(settled.as_nanos() as u64, Ordering::Relaxed);
            }
        });
    }

    /// Whether an answer says no more than others just have. Busy clients get thousands of those between two that do, and need
    /// not stand in line to report them.
    fn is_nothing_new(&self, took: Duration, now: Instant) -> bool {
        let now = now.saturating_duration_since(self.made);
        !self.aside.load(Ordering::Relaxed)
            && took.as_nanos() <= u128::from(self.usual.load(Ordering::Relaxed))
            && now.as_nanos() < u128::from(self.settled.load(Ordering::Relaxed))
    }

    fn learned<T>(&self, with: impl FnOnce(&mut Learned) -> T) -> T {
        with(&mut self.learned.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Learned {
    /// Peak EWMA: a slower answer counts at once, a faster one by and by.
    fn observe(&mut self, took: Duration, now: Instant) {
        let latency = match self.latency {
            Some((old, since)) if took < old => {
                let weight = (-(now - since).as_secs_f64() / DECAY.as_secs_f64()).exp();
                took + (old - took).mul_f64(weight)
            }
            _ => took,
        };
        self.latency = Some((latency, now));
    }
}

/// How a call to a picked node ended, from the view of the selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The node answered, be it with an error.
    Answered,
    /// The node could not be reached, or refused to run the call.
    Unreachable,
    /// The caller gave up before there was an answer.
    Abandoned,
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("address", &self.address).field("in_flight", &self.in_flight()).finish()
    }
}
