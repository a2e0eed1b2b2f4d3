//! Helpers of the registry suite.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::assertions::{PROMISE_TIMEOUT, kept, soon};
use crate::registry::{Change, Node, NodeView, Registry, Watch};
use crate::util::clock;

/// The lifetime of entries that are to expire: whole seconds, because some backends count in those.
pub(super) const SHORT_TTL: Duration = Duration::from_secs(2);
pub(super) const LONG_TTL: Duration = Duration::from_secs(60);

pub(super) async fn nodes(registry: &Registry, service: &str) -> Vec<Node> {
    kept("a registry that is up answers who is there", registry.nodes(service).await)
}

pub(super) async fn has_service(registry: &Registry, service: &str) -> bool {
    let services = kept("a registry that is up lists its services", registry.services().await);
    services.iter().filter(|name| *name == service).count() == 1
}

pub(super) async fn followed(following: &NodeView) -> Vec<Node> {
    following.nodes().iter().map(|node| Node::clone(node)).collect()
}

pub(super) async fn clean(registry: &Registry, nodes: &[Node]) {
    for node in nodes {
        kept("a listed node can be deregistered", registry.deregister(node).await);
    }
}

/// Reads a watch and keeps the list it tells, refusing changes that cannot be: of a node twice created, or never.
pub(super) struct Mirror {
    promise: &'static str,
    watch: Watch,
    pub(super) only: Option<BTreeSet<String>>,
    nodes: BTreeMap<(String, String), Node>,
}

impl Mirror {
    pub(super) async fn open(promise: &'static str, registry: &Registry, service: Option<&str>) -> Self {
        let watch = kept(promise, registry.watch(service).await);
        Mirror { promise, watch, only: None, nodes: BTreeMap::new() }
    }

    pub(super) async fn next(&mut self) -> Change {
        loop {
            let Some(change) = soon(self.promise, self.watch.next()).await else {
                panic!("promise broken: {}: the watch ended", self.promise);
            };
            let change = kept(self.promise, change);
            self.apply(&change);
            if self.only.as_ref().is_none_or(|only| only.contains(&change.node().service)) {
                return change;
            }
        }
    }

    fn apply(&mut self, change: &Change) {
        let node = change.node();
        let key = (node.service.clone(), node.id.clone());
        let before = match change {
            Change::Created(node) | Change::Updated(node) => self.nodes.insert(key, node.clone()),
            Change::Deleted(_) => self.nodes.remove(&key),
        };
        let possible = match change {
            Change::Created(_) => before.is_none(),
            Change::Updated(node) => before.is_some_and(|before| before != *node),
            Change::Deleted(_) => before.is_some(),
        };
        assert!(possible, "promise broken: {}: {change:?} does not follow from what was told before", self.promise);
    }

    pub(super) async fn until(&mut self, expected: &[Node]) {
        let deadline = clock::after(PROMISE_TIMEOUT);
        while !self.nodes.values().eq(expected) {
            assert!(
                clock::now() < deadline,
                "promise broken: {}: after {PROMISE_TIMEOUT:?} the watch told of {} nodes instead of {}",
                self.promise,
                self.nodes.len(),
                expected.len()
            );
            self.next().await;
        }
    }
}
