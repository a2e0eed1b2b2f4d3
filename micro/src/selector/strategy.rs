use std::fmt;
use std::sync::Arc;

use super::endpoint::Endpoint;
use super::options::PickOptions;
use crate::rpc::CallOutcome;

/// Chooses one endpoint of several: what the implementer of a [`Balancer`](super::Balancer) provides.
///
/// The room's [page](super) has an example.
pub trait Strategy: fmt::Debug + Send + Sync + 'static {
    /// The name, for logs: `least_loaded`.
    fn name(&self) -> &str;

    /// The index of the endpoint that the call goes to. There are always two at least. An index beyond them counts as the last.
    ///
    /// It runs at every call, on many threads at a time: it must not block.
    fn pick(&self, endpoints: &Endpoints<'_>, call: &PickOptions<'_>) -> usize;

    /// Returns `true` if [`record`](Self::record) is to be called. Asked once. Default: `false`; most strategies need only the
    /// [`NodeStats`](super::NodeStats).
    fn wants_outcomes(&self) -> bool {
        false
    }

    /// Learns from the end of an attempt at `endpoint`, or of the stream that answered it.
    fn record(&self, endpoint: &Endpoint, stage: OutcomeStage, outcome: &CallOutcome) {
        let _ = (endpoint, stage, outcome);
    }
}

/// The part of a call that an outcome tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutcomeStage {
    /// An attempt, up to its answer or the beginning of a stream.
    Attempt,
    /// The stream of an answer, up to its end.
    Stream,
}

/// The endpoints that a call may go to.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints<'a>(pub(super) &'a [&'a Arc<Endpoint>]);

impl<'a> Endpoints<'a> {
    /// The number of endpoints.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if there are no endpoints.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The endpoint at `index`.
    pub fn get(&self, index: usize) -> Option<&'a Endpoint> {
        self.0.get(index).map(|endpoint| &***endpoint)
    }

    /// All of them, in the order of the registry.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a Endpoint> + use<'a> {
        self.0.iter().map(|endpoint| &***endpoint)
    }
}
