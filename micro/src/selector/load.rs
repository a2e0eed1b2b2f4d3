//! What is known of a node: how long it takes, how much it has to do, and whether it could be reached.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::registry::Node;
use crate::util::clock::{self, Instant};

/// What a node that has not answered yet is taken to need while calls to it are in flight.
const UNKNOWN: Duration = Duration::from_millis(1);

/// How fast old latencies lose their weight.
const DECAY: Duration = Duration::from_secs(10);

/// How long a node is put aside after it could not be reached; doubled each time up to the bound.
const ASIDE: Duration = Duration::from_secs(1);
const ASIDE_MOST: Duration = Duration::from_secs(30);

pub(super) struct Load {
    address: String,
    in_flight: AtomicU32,
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
        Load { address: address.to_owned(), in_flight: AtomicU32::new(0), learned: Mutex::default() }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn is_aside(&self) -> bool {
        self.learned(|learned| learned.aside.is_some_and(|until| clock::now() < until))
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

    fn ended(&self, ended: Ended, took: Duration) {
        self.learned(|learned| match ended {
            Ended::Answered => {
                learned.observe(took);
                (learned.aside, learned.failures) = (None, 0);
            }
            Ended::Unreachable => {
                let pause = ASIDE.saturating_mul(1 << learned.failures.min(5)).min(ASIDE_MOST);
                learned.aside = Some(clock::after(pause));
                learned.failures += 1;
            }
            // The caller gave up; what the node took so far is the least it takes.
            Ended::Abandoned => {
                if took > learned.latency.map_or(UNKNOWN, |(latency, _)| latency) {
                    learned.observe(took);
                }
            }
        });
    }

    fn learned<T>(&self, with: impl FnOnce(&mut Learned) -> T) -> T {
        with(&mut self.learned.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Learned {
    /// Peak EWMA: a slower answer counts at once, a faster one by and by.
    fn observe(&mut self, took: Duration) {
        let now = clock::now();
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

/// A node that was picked. It counts as busy until this is dropped, which for a call that answers with a stream is when
/// the stream ends.
#[derive(Debug)]
pub struct Pick {
    node: Arc<Node>,
    load: Arc<Load>,
    since: Instant,
    told: bool,
}

impl Pick {
    pub(super) fn new(node: Arc<Node>, load: Arc<Load>) -> Self {
        load.in_flight.fetch_add(1, Ordering::Relaxed);
        Pick { node, load, since: clock::now(), told: false }
    }

    /// The node.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Learns from how the call ended.
    /// Only the first time counts.
    pub fn ended(&mut self, ended: Ended) {
        if !std::mem::replace(&mut self.told, true) {
            self.load.ended(ended, self.since.elapsed());
        }
    }
}

#[cfg(test)]
impl Pick {
    /// An answer after a time of the test's choice.
    pub(super) fn ended_after(mut self, took: Duration) {
        self.told = true;
        self.load.ended(Ended::Answered, took);
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        self.load.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.ended(Ended::Abandoned);
    }
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("address", &self.address).field("in_flight", &self.in_flight()).finish()
    }
}
