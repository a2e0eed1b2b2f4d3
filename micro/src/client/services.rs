//! Cache of the services that a client has called.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::registry::{NodeView, Registry};
use crate::selector::{Balancer, Candidates, Pick, PickOptions, Selector};

/// Maximum number of services followed at a time. A proxy takes names from its callers, so the number must be bounded.
const MAX_SERVICES: usize = 1024;

/// The services that a client has called. Each is followed from its first call on: further calls need no lookup and succeed
/// while the registry is unavailable.
#[derive(Default)]
pub(super) struct Services(Mutex<HashMap<String, Arc<ServiceEntry>>>);

/// One service with its nodes, ready to be picked from.
pub(super) struct ServiceEntry {
    view: NodeView,
    snapshot: ArcSwap<NodeSnapshot>,
}

/// The nodes of one generation of the view.
#[derive(Default)]
struct NodeSnapshot {
    generation: u64,
    candidates: Candidates,
}

impl Services {
    /// Returns the entry of `service`, and starts to follow the service if there is no live entry. When the cache is full, all
    /// entries are dropped first.
    pub(super) fn of(&self, service: &str, registry: &Registry) -> Arc<ServiceEntry> {
        let mut services = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = services.get(service).filter(|entry| entry.view.is_alive()) {
            return entry.clone();
        }
        if services.len() >= MAX_SERVICES {
            services.clear();
        }
        let entry = Arc::new(ServiceEntry { view: registry.follow(service), snapshot: ArcSwap::default() });
        services.insert(service.to_owned(), entry.clone());
        entry
    }
}

impl ServiceEntry {
    /// Returns `true` if this is the entry of `service` and the service is still followed.
    pub(super) fn is(&self, service: &str) -> bool {
        self.view.service() == service && self.view.is_alive()
    }

    /// Returns a view of the nodes that follows their changes.
    pub(super) fn view(&self) -> NodeView {
        self.view.clone()
    }

    /// Picks one of the nodes that are listed now and that `wanted` accepts.
    pub(super) fn pick(
        &self,
        selector: &Selector,
        balancer: Option<&Balancer>,
        wanted: &PickOptions<'_>,
    ) -> Option<Pick> {
        let pick = |candidates: &Candidates| match balancer {
            Some(balancer) => candidates.pick_with(balancer, wanted),
            None => candidates.pick(wanted),
        };
        let generation = self.view.generation();
        let snapshot = self.snapshot.load();
        if snapshot.generation == generation {
            return pick(&snapshot.candidates);
        }
        // The nodes may be newer than `generation`, which is read first. Then the next call rebuilds the snapshot once more.
        let candidates = selector.candidates(&self.view.nodes());
        let picked = pick(&candidates);
        self.snapshot.store(Arc::new(NodeSnapshot { generation, candidates }));
        picked
    }
}

impl fmt::Debug for ServiceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view.fmt(f)
    }
}
