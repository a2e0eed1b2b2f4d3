//! Picking one node of many.
//!
//! A [`Filter`] says which nodes come into question. Among those, [`Candidates::pick`] draws two at random and takes the one
//! with less to do, where what a node has to do is its latency times the calls in flight. Both are learned from the
//! [`Pick`]s themselves: a call tells its pick how it ended. A node that could not be reached is put aside for a while.

mod candidates;
mod filter;
mod load;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

pub use candidates::{Candidates, Pick, Wanted};
pub use filter::Filter;
pub use load::Ended;

use load::Load;

use crate::registry::Node;

/// Chooses nodes by what it has learned of them: power of two choices over peak EWMA and calls in flight.
///
/// ```
/// use std::sync::Arc;
/// use micro::registry::Node;
/// use micro::selector::{Ended, Selector, Wanted};
///
/// let nodes = [Arc::new(Node::new("greeter", "10.0.0.7:8080")), Arc::new(Node::new("greeter", "10.0.0.8:8080"))];
/// let selector = Selector::new();
/// let candidates = selector.candidates(&nodes);
/// let mut pick = candidates.pick(&Wanted::default()).expect("there are two");
/// pick.ended(Ended::Answered);
/// ```
#[derive(Default)]
pub struct Selector {
    loads: Mutex<HashMap<String, Arc<Load>>>,
}

/// How many nodes are remembered before those without calls in flight are forgotten.
const REMEMBERED: usize = 4096;

impl Selector {
    /// A selector that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These nodes to pick from, with what is known of each from earlier. It is made once for a list of nodes and serves all
    /// calls until the list changes.
    pub fn candidates(&self, nodes: &[Arc<Node>]) -> Candidates {
        let mut loads = self.loads.lock().unwrap_or_else(PoisonError::into_inner);
        if loads.len() > REMEMBERED {
            loads.retain(|_, load| load.in_flight() > 0);
        }
        Candidates::new(nodes.iter().map(|node| (node.clone(), known(&mut loads, node))))
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Selector(power of two choices)")
    }
}

// By address and id: a node that moved has to be learned anew.
fn known(loads: &mut HashMap<String, Arc<Load>>, node: &Node) -> Arc<Load> {
    let key = &node.id;
    match loads.get(key) {
        Some(load) if load.address() == node.address => load.clone(),
        _ => {
            let load = Arc::new(Load::new(&node.address));
            loads.insert(key.clone(), load.clone());
            load
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn nodes(count: usize) -> Vec<Arc<Node>> {
        (0..count).map(|i| Arc::new(Node::new("greeter", format!("127.0.0.1:{i}")).with_id(i.to_string()))).collect()
    }

    fn share(selector: &Selector, nodes: &[Arc<Node>], calls: usize, took: impl Fn(&str) -> u64) -> Vec<usize> {
        let mut count = vec![0; nodes.len()];
        for _ in 0..calls {
            let pick = selector.candidates(nodes).pick(&Wanted::default()).unwrap();
            count[pick.node().id.parse::<usize>().unwrap()] += 1;
            let took = took(&pick.node().id);
            pick.ended_after(Duration::from_millis(took));
        }
        count
    }

    #[tokio::test(start_paused = true)]
    async fn equal_nodes_share_the_calls_and_a_slow_one_gets_fewer() {
        let nodes = nodes(3);
        let even = share(&Selector::new(), &nodes, 3_000, |_| 5);
        assert!(even.iter().all(|count| (800..1_200).contains(count)), "{even:?}");
        let slow = share(&Selector::new(), &nodes, 3_000, |id| if id == "0" { 500 } else { 5 });
        assert!(slow[0] < 20, "{slow:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_in_flight_count() {
        let (selector, nodes) = (Selector::new(), nodes(2));
        let picks: Vec<_> = (0..10).map(|_| selector.candidates(&nodes).pick(&Wanted::default()).unwrap()).collect();
        let first = picks.iter().filter(|pick| pick.node().id == "0").count();
        assert_eq!(first, 5);
        drop(picks);
        assert!(selector.loads.lock().unwrap().values().all(|load| load.in_flight() == 0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_unreachable_node_is_put_aside_and_comes_back() {
        let (selector, nodes) = (Selector::new(), nodes(2));
        for node in &nodes {
            let mut pick = selector.candidates(std::slice::from_ref(node)).pick(&Wanted::default()).unwrap();
            pick.ended(if node.id == "0" { Ended::Unreachable } else { Ended::Answered });
        }
        let candidates = selector.candidates(&nodes);
        let picked = || candidates.pick(&Wanted::default()).unwrap().node().id.clone();
        assert!((0..100).all(|_| picked() == "1"));
        let alone = selector.candidates(&nodes[..1]);
        assert_eq!(alone.pick(&Wanted::default()).unwrap().node().id, "0", "better than none");
        tokio::time::advance(Duration::from_millis(1_100)).await;
        assert!((0..100).any(|_| picked() == "0"));
    }

    #[test]
    fn what_was_tried_or_does_not_pass_is_not_picked() {
        let (selector, nodes) = (Selector::new(), nodes(2));
        let (candidates, any) = (selector.candidates(&nodes), Wanted::default());
        let (tried, ninth) = (["0".to_owned()], Filter::default().with_version("9"));
        assert_eq!(candidates.pick(&Wanted { tried: &tried, ..any }).unwrap().node().id, "1");
        assert!(candidates.pick(&Wanted { filter: Some(&ninth), ..any }).is_none());
        assert!(selector.candidates(&[]).pick(&any).is_none());
    }
}
