use super::options::PickOptions;
use super::strategy::{Endpoints, Strategy};
use crate::util::random;

/// Power of two choices: the one with less to do of two that are drawn at random, where what a node has to do is its latency
/// times its calls in flight.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LeastLoaded;

impl Strategy for LeastLoaded {
    fn name(&self) -> &str {
        "least_loaded"
    }

    fn pick(&self, endpoints: &Endpoints<'_>, _: &PickOptions<'_>) -> usize {
        let first = random::below(endpoints.len());
        // Drawn among the others, so that the two are never the same.
        let second = (first + 1 + random::below(endpoints.len() - 1)) % endpoints.len();
        let cost = |index| endpoints.get(index).map_or(f64::MAX, |endpoint| endpoint.stats().cost());
        if cost(second) < cost(first) { second } else { first }
    }
}
