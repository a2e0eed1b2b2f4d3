//! Picking one node of many.
//!
//! A [`Filter`] says which nodes come into question. Among those, [`Selector::pick`] draws two at random and takes the one
//! with less to do, where what a node has to do is its latency times the calls in flight. Both are learned from the
//! [`Pick`]s themselves: a call tells its pick how it ended. A node that could not be reached is put aside for a while.

mod filter;
mod load;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

pub use filter::Filter;
pub use load::{Ended, Pick};

use load::Load;

use crate::registry::Node;
use crate::util::random;

/// Chooses nodes by what it has learned of them: power of two choices over peak EWMA and calls in flight.
///
/// ```
/// use std::sync::Arc;
/// use micro::registry::Node;
/// use micro::selector::{Ended, Filter, Selector};
///
/// let nodes = [Arc::new(Node::new("greeter", "10.0.0.7:8080")), Arc::new(Node::new("greeter", "10.0.0.8:8080"))];
/// let selector = Selector::new();
/// let mut pick = selector.pick(&nodes, &Filter::default(), &[]).expect("there are two");
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

    /// One of `nodes` that passes `filter` and is not among the `tried`; `None` when there is none.
    ///
    /// Nodes that were put aside are taken only when there are no others, because trying one beats not trying.
    pub fn pick(&self, nodes: &[Arc<Node>], filter: &Filter, tried: &[String]) -> Option<Pick> {
        self.pick_by(nodes, |node| filter.passes(node) && !tried.contains(&node.id))
    }

    /// The same among the nodes that serve `path` as well.
    pub fn pick_for(&self, nodes: &[Arc<Node>], filter: &Filter, path: &str, tried: &[String]) -> Option<Pick> {
        let serves = |node: &Node| node.endpoints.is_empty() || node.serves(path);
        self.pick_by(nodes, |node| serves(node) && filter.passes(node) && !tried.contains(&node.id))
    }

    fn pick_by(&self, nodes: &[Arc<Node>], passes: impl Fn(&Node) -> bool) -> Option<Pick> {
        let mut loads = self.loads.lock().unwrap_or_else(PoisonError::into_inner);
        if loads.len() > REMEMBERED {
            loads.retain(|_, load| load.in_flight() > 0);
        }
        // Most services have a few nodes, and many one: there is nothing to choose, and nothing to keep a list of.
        if let [node] = nodes {
            let load = passes(node).then(|| known(&mut loads, node))?;
            return Some(Pick::new(Arc::clone(node), load));
        }
        let eligible = nodes.iter().filter(|node| passes(node));
        let known: Vec<_> = eligible.map(|node| (node, known(&mut loads, node))).collect();
        drop(loads);

        let healthy: Vec<_> = known.iter().filter(|(_, load)| !load.is_aside()).cloned().collect();
        let (node, load) = lighter_of_two(if healthy.is_empty() { &known } else { &healthy })?;
        Some(Pick::new(Arc::clone(node), load.clone()))
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

type Known<'a> = (&'a Arc<Node>, Arc<Load>);

fn lighter_of_two<'a, 'b>(known: &'b [Known<'a>]) -> Option<&'b Known<'a>> {
    let first = random::below(known.len());
    if known.len() < 2 {
        return known.first();
    }
    // Drawn among the others, so that the two are never the same.
    let second = (first + 1 + random::below(known.len() - 1)) % known.len();
    let (first, second) = (&known[first], &known[second]);
    Some(if second.1.cost() < first.1.cost() { second } else { first })
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
            let pick = selector.pick(nodes, &Filter::default(), &[]).unwrap();
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
        let picks: Vec<_> = (0..10).map(|_| selector.pick(&nodes, &Filter::default(), &[]).unwrap()).collect();
        let first = picks.iter().filter(|pick| pick.node().id == "0").count();
        assert_eq!(first, 5);
        drop(picks);
        assert!(selector.loads.lock().unwrap().values().all(|load| load.in_flight() == 0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_unreachable_node_is_put_aside_and_comes_back() {
        let (selector, nodes) = (Selector::new(), nodes(2));
        for node in &nodes {
            let mut pick = selector.pick(std::slice::from_ref(node), &Filter::default(), &[]).unwrap();
            pick.ended(if node.id == "0" { Ended::Unreachable } else { Ended::Answered });
        }
        let picked = || selector.pick(&nodes, &Filter::default(), &[]).unwrap().node().id.clone();
        assert!((0..100).all(|_| picked() == "1"));
        assert_eq!(selector.pick(&nodes[..1], &Filter::default(), &[]).unwrap().node().id, "0", "better than none");
        tokio::time::advance(Duration::from_millis(1_100)).await;
        assert!((0..100).any(|_| picked() == "0"));
    }

    #[test]
    fn what_was_tried_or_does_not_pass_is_not_picked() {
        let (selector, nodes) = (Selector::new(), nodes(2));
        let tried = ["0".to_owned()];
        assert_eq!(selector.pick(&nodes, &Filter::default(), &tried).unwrap().node().id, "1");
        assert!(selector.pick(&nodes, &Filter::default().with_version("9"), &[]).is_none());
        assert!(selector.pick(&[], &Filter::default(), &[]).is_none());
    }
}
