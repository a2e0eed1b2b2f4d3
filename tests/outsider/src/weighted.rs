use std::sync::atomic::{AtomicU64, Ordering};

use micro::selector::{Endpoint, Endpoints, PickOptions, Strategy};

/// A balancer that distributes calls in proportion to the `weight` in the metadata of each node. Default: 1.
#[derive(Debug, Default)]
pub struct Weighted(AtomicU64);

fn weight(endpoint: &Endpoint) -> u64 {
    endpoint.node().metadata.get("weight").and_then(|weight| weight.parse().ok()).unwrap_or(1)
}

impl Strategy for Weighted {
    fn name(&self) -> &str {
        "weighted"
    }

    fn pick(&self, endpoints: &Endpoints<'_>, _: &PickOptions<'_>) -> usize {
        let total: u64 = endpoints.iter().map(weight).sum();
        let mut point = self.0.fetch_add(1, Ordering::Relaxed) % total.max(1);
        let weights = endpoints.iter().map(weight);
        weights.take_while(|weight| point.checked_sub(*weight).map(|rest| point = rest).is_some()).count()
    }
}
