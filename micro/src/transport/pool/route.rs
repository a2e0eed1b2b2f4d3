use std::sync::Arc;

use crate::transport::Destination;
use crate::transport::connector::{Connector, Reach};

/// The connectors that reach a node, as sets of their places in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolRoute {
    listed: u32,
    fallback: u32,
}

/// Maximum number of connectors.
pub(super) const MAX_CONNECTORS: usize = 32;

impl PoolRoute {
    /// Those of `connectors` that reach the node.
    pub(super) fn of(connectors: &[Arc<dyn Connector>], to: &Destination<'_>) -> Self {
        let mut route = PoolRoute { listed: 0, fallback: 0 };
        for (place, connector) in connectors.iter().enumerate() {
            match connector.reach(to) {
                Reach::Unsupported => {}
                Reach::Fallback => route.fallback |= 1 << place,
                Reach::Listed => route.listed |= 1 << place,
            }
        }
        route
    }

    /// One of them, whatever it reaches.
    pub(super) fn only(place: usize) -> Self {
        PoolRoute { listed: 1 << place, fallback: 0 }
    }

    pub(super) fn is_empty(self) -> bool {
        self.listed | self.fallback == 0
    }

    /// The connectors, the preferred one first.
    pub(super) fn pick(self, connectors: &[Arc<dyn Connector>]) -> Box<[Arc<dyn Connector>]> {
        let among = |set: u32| connectors.iter().enumerate().filter(move |(place, _)| set & (1 << place) != 0);
        among(self.listed).chain(among(self.fallback)).map(|(_, connector)| connector.clone()).collect()
    }
}
