//! Picking one node of many.
//!
//! A client has, for each service, a list of [`Endpoint`]s: the nodes that the registry lists, each with its [`NodeStats`]. A call
//! passes through three stages:
//!
//! 1. The [`PickOptions`] of the call narrow the list: a [`Filter`], the method, the nodes that were tried.
//! 2. Outlier ejection takes out nodes that could not be reached lately. Where all are ejected all stay: trying one beats not
//!    trying. An ejected node comes back after a second, and after twice as long each time, up to 30 s.
//! 3. The [`Balancer`] chooses among the rest. Where one is left there is nothing to choose.
//!
//! The [`Pick`] counts as in flight until it is dropped, and is told the [`CallOutcome`] of the attempt and, where the answer is a
//! stream, of the stream's end. Latency goes to the statistics, reachability to outlier ejection, and both to the strategy of the
//! balancer where it [asks for them](Strategy::wants_outcomes).
//!
//! A balancer is a [`Strategy`], one of these or one of your own:
//!
//! | Name | Chooses |
//! |---|---|
//! | `least_loaded` (default) | the one with less to do of two that are drawn at random: peak EWMA latency times calls in flight |
//! | `random` | any |
//! | `round_robin` | the one that was chosen least recently |
//! | [`consistent_hash`](Balancer::consistent_hash) | the same for the same key, as long as it is there |
//!
//! ```
//! use micro::selector::{Balancer, Endpoints, PickOptions, Strategy};
//!
//! /// Prefers the first zone of the alphabet.
//! #[derive(Debug)]
//! struct FirstZone;
//!
//! impl Strategy for FirstZone {
//!     fn name(&self) -> &str {
//!         "first_zone"
//!     }
//!
//!     fn pick(&self, endpoints: &Endpoints<'_>, _: &PickOptions<'_>) -> usize {
//!         let zone = |index: &usize| endpoints.get(*index).and_then(|endpoint| endpoint.node().metadata.get("zone"));
//!         (0..endpoints.len()).min_by_key(zone).unwrap_or_default()
//!     }
//! }
//!
//! let options = micro::client::CallOptions::new().with_balancer(Balancer::new(FirstZone));
//! ```
//!
//! [`testing::suite::balancer`](crate::testing::suite::balancer()) puts a strategy through what every one promises.

mod balancer;
mod candidates;
mod consistent_hash;
mod endpoint;
mod filter;
mod least_loaded;
mod options;
mod outlier;
mod random;
mod round_robin;
mod stats;
mod strategy;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

pub use crate::rpc::CallOutcome;
pub use balancer::Balancer;
pub use candidates::{Candidates, Pick};
pub use endpoint::Endpoint;
pub use filter::Filter;
pub use options::PickOptions;
pub use stats::NodeStats;
pub use strategy::{Endpoints, OutcomeStage, Strategy};

use crate::registry::Node;

/// Chooses nodes, by what it has learned of them.
///
/// ```
/// use std::sync::Arc;
/// use micro::registry::Node;
/// use micro::selector::{PickOptions, Selector};
///
/// let nodes = [Arc::new(Node::new("greeter", "10.0.0.7:8080")), Arc::new(Node::new("greeter", "10.0.0.8:8080"))];
/// let selector = Selector::new();
/// let candidates = selector.candidates(&nodes);
/// let mut pick = candidates.pick(&PickOptions::new()).expect("there are two");
/// pick.record(None);
/// ```
#[derive(Default)]
pub struct Selector {
    stats: Mutex<HashMap<String, Arc<NodeStats>>>,
    balancer: Balancer,
}

/// The number of nodes that are remembered before those without calls in flight are forgotten.
const MAX_REMEMBERED: usize = 4096;

impl Selector {
    /// A selector that knows nothing yet, with the default balancer.
    pub fn new() -> Self {
        Self::default()
    }

    /// A selector whose candidates are chosen among by `balancer`, where a call does not bring its own.
    pub fn with_balancer(balancer: Balancer) -> Self {
        Selector { balancer, ..Self::default() }
    }

    /// These nodes to pick from, with what is known of each from earlier. It is made once for a list of nodes and serves all
    /// calls until the list changes.
    pub fn candidates(&self, nodes: &[Arc<Node>]) -> Candidates {
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        if stats.len() > MAX_REMEMBERED {
            stats.retain(|_, stats| stats.in_flight() > 0);
        }
        let endpoints = nodes.iter().map(|node| Endpoint::with_stats(node.clone(), known(&mut stats, node)));
        Candidates::new(endpoints, self.balancer.clone())
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selector").field("balancer", &self.balancer).finish_non_exhaustive()
    }
}

// By address and id: a node that moved has to be learned anew.
fn known(all: &mut HashMap<String, Arc<NodeStats>>, node: &Node) -> Arc<NodeStats> {
    match all.get(&node.id) {
        Some(stats) if stats.address() == node.address => stats.clone(),
        _ => {
            let stats = Arc::new(NodeStats::new(&node.address));
            all.insert(node.id.clone(), stats.clone());
            stats
        }
    }
}
