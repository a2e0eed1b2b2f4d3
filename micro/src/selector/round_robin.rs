use std::sync::atomic::{AtomicU64, Ordering};

use super::options::PickOptions;
use super::strategy::{Endpoints, Strategy};

/// The endpoint that was chosen least recently. That is a plain rotation, and stays fair when calls accept different nodes and
/// when nodes come and go.
#[derive(Debug, Default)]
pub(super) struct RoundRobin {
    turns: AtomicU64,
}

impl Strategy for RoundRobin {
    fn name(&self) -> &str {
        "round_robin"
    }

    fn pick(&self, endpoints: &Endpoints<'_>, _: &PickOptions<'_>) -> usize {
        let now = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
        loop {
            let turns = endpoints.iter().map(|endpoint| endpoint.stats().turn.load(Ordering::Relaxed)).enumerate();
            let Some((index, turn)) = turns.min_by_key(|(_, turn)| *turn) else { return 0 };
            let Some(endpoint) = endpoints.get(index) else { return 0 };
            // Another thread may have chosen it meanwhile; it looks for another one then.
            let chosen = endpoint.stats().turn.compare_exchange(turn, now, Ordering::Relaxed, Ordering::Relaxed);
            if chosen.is_ok() {
                return index;
            }
        }
    }
}
