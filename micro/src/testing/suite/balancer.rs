//! The promises of a balancer. [`suite::balancer`](super::balancer()) goes through all of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::errors::{Error, Execution};
use crate::metadata::Metadata;
use crate::registry::Node;
use crate::selector::{Balancer, Candidates, Pick, PickOptions, Selector};

fn nodes(count: usize) -> Vec<Arc<Node>> {
    let node = |i| Arc::new(Node::new("suite", format!("10.0.0.{i}:8080")).with_id(format!("node-{i}")));
    (0..count).map(node).collect()
}

fn candidates(balancer: &Balancer, nodes: &[Arc<Node>]) -> Candidates {
    Selector::with_balancer(balancer.clone()).candidates(nodes)
}

/// A call with a user, and a hash, of its own.
fn pick(candidates: &Candidates, user: usize, tried: &[String]) -> Option<Pick> {
    let mut metadata = Metadata::new();
    metadata.insert("user-id", format!("user-{user}")).expect("a plain pair");
    let hash = Some((user as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    candidates.pick(&PickOptions::new().with_metadata(&metadata).with_hash(hash).with_tried(tried))
}

fn picked(candidates: &Candidates, calls: usize) -> BTreeSet<String> {
    (0..calls).filter_map(|user| Some(pick(candidates, user, &[])?.node().id.clone())).collect()
}

/// There is a node for every call as long as one is listed, and none where none is.
pub fn every_call_gets_a_node(balancer: &Balancer) {
    const PROMISE: &str = "every call gets a node as long as there is one";
    assert!(pick(&candidates(balancer, &[]), 0, &[]).is_none(), "promise broken: {PROMISE}: of none");
    for count in [1, 2, 3, 10, 200] {
        let candidates = candidates(balancer, &nodes(count));
        for user in 0..100 {
            assert!(pick(&candidates, user, &[]).is_some(), "promise broken: {PROMISE}: of {count}");
        }
    }
}

/// Over many calls of many users every node gets some.
pub fn every_node_gets_calls(balancer: &Balancer) {
    const PROMISE: &str = "of a thousand calls every one of five nodes gets some";
    let reached = picked(&candidates(balancer, &nodes(5)), 1_000);
    assert_eq!(reached.len(), 5, "promise broken: {PROMISE}: {reached:?}");
}

/// A node that was tried is not chosen again for the same call.
pub fn a_tried_node_is_not_chosen(balancer: &Balancer) {
    const PROMISE: &str = "a call tries each node once";
    let candidates = candidates(balancer, &nodes(4));
    for user in 0..50 {
        let mut tried = Vec::new();
        while let Some(pick) = pick(&candidates, user, &tried) {
            let id = pick.node().id.clone();
            assert!(!tried.contains(&id), "promise broken: {PROMISE}: `{id}` again after {tried:?}");
            tried.push(id);
        }
        assert_eq!(tried.len(), 4, "promise broken: {PROMISE}: {tried:?}");
    }
}

/// A node that cannot be reached is left out.
pub fn an_unreachable_node_is_left_out(balancer: &Balancer) {
    const PROMISE: &str = "a node that cannot be reached is left out for a while";
    let (selector, nodes) = (Selector::with_balancer(balancer.clone()), nodes(3));
    let mut failed = selector.candidates(&nodes[..1]).pick(&PickOptions::new()).expect("one is listed");
    failed.record(Some(&Error::unavailable("nobody there").with_execution(Execution::NotStarted)));
    drop(failed);
    let reached = picked(&selector.candidates(&nodes), 100);
    assert!(!reached.contains("node-0"), "promise broken: {PROMISE}: {reached:?}");
}

/// Nodes that come are chosen, nodes that go are not.
pub fn changes_are_followed(balancer: &Balancer) {
    const PROMISE: &str = "nodes that come get calls, and nodes that go get none";
    let (selector, nodes) = (Selector::with_balancer(balancer.clone()), nodes(6));
    picked(&selector.candidates(&nodes[..3]), 100);
    let reached = picked(&selector.candidates(&nodes[2..]), 1_000);
    let expected: BTreeSet<_> = nodes[2..].iter().map(|node| node.id.clone()).collect();
    assert_eq!(reached, expected, "promise broken: {PROMISE}");
}

/// Calls are picked for on many threads at a time.
pub fn many_threads_pick(balancer: &Balancer) {
    const PROMISE: &str = "nodes are picked on many threads at a time";
    let candidates = candidates(balancer, &nodes(5));
    let reached = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| picked(&candidates, 500))).collect();
        let reached = threads.into_iter().map(|thread| thread.join());
        reached.map(|reached| reached.unwrap_or_else(|_| panic!("promise broken: {PROMISE}"))).collect::<Vec<_>>()
    });
    assert!(reached.iter().all(|reached| !reached.is_empty()), "promise broken: {PROMISE}");
}
