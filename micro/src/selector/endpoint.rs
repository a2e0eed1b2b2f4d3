use std::sync::Arc;

use super::stats::NodeStats;
use crate::registry::Node;
use crate::transport::{Destination, PoolCache, TLS, TlsMode, WIRE};
use crate::util::cache_padded::CachePadded;

/// A node, with all that a client keeps of it between calls.
#[derive(Debug)]
pub struct Endpoint {
    // Beside the count of those who hold it, which changes with every call, stands nothing that each of them reads.
    node: CachePadded<Arc<Node>>,
    stats: Arc<NodeStats>,
    cache: PoolCache,
    // Read at every call, and so not looked for among the metadata each time.
    knows_its_id: bool,
    wire: Option<Box<str>>,
    security: TlsMode,
}

impl Endpoint {
    /// An endpoint of which nothing is known yet.
    pub fn new(node: Arc<Node>) -> Self {
        let stats = Arc::new(NodeStats::new(&node.address));
        Self::with_stats(node, stats)
    }

    pub(super) fn with_stats(node: Arc<Node>, stats: Arc<NodeStats>) -> Self {
        // Only nodes that micro has listed know their ids; other lists make theirs up.
        let knows_its_id = node.metadata.contains_key("micro");
        let wire = node.metadata.get(WIRE).map(|wire| wire.as_str().into());
        let encrypted = node.metadata.get(TLS).is_some_and(|tls| tls == "yes");
        let security = if encrypted { TlsMode::Node } else { TlsMode::Unencrypted };
        Endpoint { node: CachePadded(node), stats, cache: PoolCache::default(), knows_its_id, wire, security }
    }

    /// The node, as the registry lists it.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The statistics of the node.
    pub fn stats(&self) -> &NodeStats {
        &self.stats
    }

    /// Returns the destination of a call to the node.
    pub(super) fn destination(&self) -> Destination<'_> {
        let Endpoint { node, cache, knows_its_id, wire, security, .. } = self;
        Destination {
            address: &node.address,
            node: knows_its_id.then_some(&node.id),
            wire: wire.as_deref(),
            security: *security,
            cache: Some(cache),
        }
    }
}
