//! The nodes there are to choose from, and the choice.

use std::sync::Arc;

use super::Filter;
use super::load::{Ended, Load};
use crate::registry::Node;
use crate::transport::{Destination, PoolCache, Security, TLS, WIRE};
use crate::util::clock::{self, Instant};
use crate::util::line::Line;
use crate::util::random;

/// Nodes to pick from: a list of them as it stood at a moment. See [`Selector::candidates`](super::Selector::candidates).
#[derive(Debug, Default)]
pub struct Candidates(Vec<Arc<Candidate>>);

/// A node, with all that is kept of it between calls.
#[derive(Debug)]
struct Candidate {
    // Beside the count of those who hold it, which changes with every call, stands nothing that each of them reads.
    node: Line<Arc<Node>>,
    load: Arc<Load>,
    cache: PoolCache,
    // Read at every call, and so not looked for among the metadata each time.
    knows_its_id: bool,
    wire: Option<Box<str>>,
    security: Security,
}

/// What a call wants of its node. By default any is right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Only nodes that pass it.
    pub filter: Option<&'a Filter>,
    /// Only nodes that serve this path; those that list no paths are taken to serve all.
    pub path: Option<&'a str>,
    /// None of these ids: they were tried.
    pub tried: &'a [String],
}

impl Wanted<'_> {
    fn fits(&self, node: &Node) -> bool {
        self.path.is_none_or(|path| node.endpoints.is_empty() || node.serves(path))
            && self.filter.is_none_or(|filter| filter.passes(node))
            && !self.tried.contains(&node.id)
    }
}

impl Candidate {
    fn new(node: Arc<Node>, load: Arc<Load>) -> Self {
        // Only nodes that micro has listed know their ids; other lists make theirs up.
        let knows_its_id = node.metadata.contains_key("micro");
        let wire = node.metadata.get(WIRE).map(|wire| wire.as_str().into());
        let encrypted = node.metadata.get(TLS).is_some_and(|tls| tls == "yes");
        let security = if encrypted { Security::Node } else { Security::Unencrypted };
        Candidate { node: Line(node), load, cache: PoolCache::default(), knows_its_id, wire, security }
    }
}

impl Candidates {
    pub(super) fn new(nodes: impl Iterator<Item = (Arc<Node>, Arc<Load>)>) -> Self {
        Candidates(nodes.map(|(node, load)| Arc::new(Candidate::new(node, load))).collect())
    }

    /// The one with less to do of two that are drawn among those that fit; `None` when none fits.
    ///
    /// Nodes that were put aside are taken only when there are no others, because trying one beats not trying.
    pub fn pick(&self, wanted: &Wanted<'_>) -> Option<Pick> {
        // Most services have a few nodes, and many one: there is nothing to choose, and nothing to keep a list of.
        if let [only] = &self.0[..] {
            return wanted.fits(&only.node).then(|| Pick::new(only.clone()));
        }
        let fitting: Vec<_> = self.0.iter().filter(|candidate| wanted.fits(&candidate.node)).collect();
        let healthy: Vec<_> = fitting.iter().filter(|candidate| !candidate.load.is_aside()).copied().collect();
        let picked = lighter_of_two(if healthy.is_empty() { &fitting } else { &healthy })?;
        Some(Pick::new(picked.clone()))
    }
}

fn lighter_of_two<'a>(candidates: &[&'a Arc<Candidate>]) -> Option<&'a Arc<Candidate>> {
    if candidates.len() < 2 {
        return candidates.first().copied();
    }
    let first = random::below(candidates.len());
    // Drawn among the others, so that the two are never the same.
    let second = (first + 1 + random::below(candidates.len() - 1)) % candidates.len();
    let (first, second) = (candidates[first], candidates[second]);
    Some(if second.load.cost() < first.load.cost() { second } else { first })
}

/// A node that was picked. It counts as busy until this is dropped, which for a call that answers with a stream is when
/// the stream ends.
#[derive(Debug)]
pub struct Pick {
    candidate: Arc<Candidate>,
    since: Instant,
    told: bool,
}

impl Pick {
    fn new(candidate: Arc<Candidate>) -> Self {
        candidate.load.begin();
        Pick { candidate, since: clock::now(), told: false }
    }

    /// The node.
    pub fn node(&self) -> &Arc<Node> {
        &self.candidate.node
    }

    /// When it was picked.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Where a call to the node goes.
    pub fn destination(&self) -> Destination<'_> {
        let Candidate { node, cache, knows_its_id, wire, security, .. } = &*self.candidate;
        Destination {
            address: &node.address,
            node: knows_its_id.then_some(&node.id),
            wire: wire.as_deref(),
            security: *security,
            cache: Some(cache),
        }
    }

    /// Learns from how the call ended. Only the first time counts.
    pub fn ended(&mut self, ended: Ended) {
        if !std::mem::replace(&mut self.told, true) {
            let now = clock::now();
            self.candidate.load.ended(ended, now.saturating_duration_since(self.since), now);
        }
    }
}

#[cfg(test)]
impl Pick {
    /// An answer after a time of the test's choice.
    pub(super) fn ended_after(mut self, took: std::time::Duration) {
        self.told = true;
        self.candidate.load.ended(Ended::Answered, took, clock::now());
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        self.candidate.load.end();
        self.ended(Ended::Abandoned);
    }
}
