//! The nodes there are to choose from, and the choice.

use std::sync::Arc;

use super::balancer::Balancer;
use super::endpoint::Endpoint;
use super::options::PickOptions;
use super::outlier;
use super::strategy::{Endpoints, OutcomeStage};
use crate::errors::Error;
use crate::registry::Node;
use crate::rpc::CallOutcome;
use crate::transport::Destination;
use crate::util::clock::{self, Instant};

/// Nodes to pick from: a list of them as it stood at a moment. See [`Selector::candidates`](super::Selector::candidates).
#[derive(Debug, Default)]
pub struct Candidates {
    endpoints: Vec<Arc<Endpoint>>,
    balancer: Balancer,
}

impl Candidates {
    pub(super) fn new(endpoints: impl Iterator<Item = Endpoint>, balancer: Balancer) -> Self {
        Candidates { endpoints: endpoints.map(Arc::new).collect(), balancer }
    }

    /// Picks one of the nodes that `options` accepts; `None` when there is none.
    pub fn pick(&self, options: &PickOptions<'_>) -> Option<Pick> {
        self.pick_with(&self.balancer, options)
    }

    /// Picks with another balancer.
    pub fn pick_with(&self, balancer: &Balancer, options: &PickOptions<'_>) -> Option<Pick> {
        // Most services have a few nodes, and many one: there is nothing to choose, and nothing to keep a list of.
        if let [only] = &self.endpoints[..] {
            return options.accepts(only.node()).then(|| Pick::new(only.clone(), balancer));
        }
        let accepted = self.endpoints.iter().filter(|endpoint| options.accepts(endpoint.node()));
        let mut accepted: Vec<_> = accepted.collect();
        outlier::retain_admitted(&mut accepted, |endpoint| &endpoint.stats().ejection);
        let picked = match &accepted[..] {
            [] => return None,
            [only] => only,
            several => several[balancer.pick(&Endpoints(several), options)],
        };
        Some(Pick::new(picked.clone(), balancer))
    }
}

/// A node that was picked. It counts as busy until this is dropped, which for a call that answers with a stream is when
/// the stream ends.
#[derive(Debug)]
pub struct Pick {
    endpoint: Arc<Endpoint>,
    // Where its strategy wants to learn from outcomes.
    balancer: Option<Balancer>,
    since: Instant,
    recorded: bool,
}

impl Pick {
    fn new(endpoint: Arc<Endpoint>, balancer: &Balancer) -> Self {
        endpoint.stats().begin();
        let balancer = balancer.wants_outcomes().then(|| balancer.clone());
        Pick { endpoint, balancer, since: clock::now(), recorded: false }
    }

    /// The node.
    pub fn node(&self) -> &Arc<Node> {
        self.endpoint.node()
    }

    /// Returns the time of the pick.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Returns the destination of a call to the node.
    pub fn destination(&self) -> Destination<'_> {
        self.endpoint.destination()
    }

    /// Records that the attempt was answered, or failed with `error`. Only the first time counts. A pick that is dropped before
    /// counts as one whose caller gave up.
    pub fn record(&mut self, error: Option<&Error>) {
        let now = clock::now();
        self.ended(&CallOutcome::new(error, now.saturating_duration_since(self.since)), now);
    }

    /// Records that the stream of the answer ended, or failed with `error`.
    pub fn record_stream(&mut self, error: Option<&Error>) {
        let outcome = CallOutcome::new(error, clock::now().saturating_duration_since(self.since));
        self.endpoint.stats().ejection.record(&outcome);
        self.tell(OutcomeStage::Stream, &outcome);
    }

    fn ended(&mut self, outcome: &CallOutcome, now: Instant) {
        if !std::mem::replace(&mut self.recorded, true) {
            let stats = self.endpoint.stats();
            stats.record(outcome, now);
            stats.ejection.record(outcome);
            self.tell(OutcomeStage::Attempt, outcome);
        }
    }

    fn tell(&self, stage: OutcomeStage, outcome: &CallOutcome) {
        if let Some(balancer) = &self.balancer {
            balancer.record(&self.endpoint, stage, outcome);
        }
    }
}

#[cfg(test)]
impl Pick {
    /// An answer after a time of the test's choice.
    pub(super) fn answered_after(mut self, took: std::time::Duration) {
        self.ended(&CallOutcome::new(None, took), clock::now());
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        self.endpoint.stats().end();
        if !self.recorded {
            let now = clock::now();
            self.ended(&CallOutcome::cancelled(now.saturating_duration_since(self.since)), now);
        }
    }
}
