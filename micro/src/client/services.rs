//! The services a client has called, and what it keeps of each.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::registry::{NodeView, Registry};
use crate::selector::{Balancer, Candidates, Pick, PickOptions, Selector};

/// Maximum number of services followed at a time. Names may come from callers, through a proxy, and must not pile up.
const MAX_SERVICES: usize = 1024;

/// The services a client has called: each is followed from its first call on, so that further calls need no lookup, and continue
/// while the registry is away.
#[derive(Default)]
pub(super) struct Services(Mutex<HashMap<String, Arc<ServiceEntry>>>);

/// One of them: its nodes, ready to be picked from.
pub(super) struct ServiceEntry {
    view: NodeView,
    snapshot: ArcSwap<NodeSnapshot>,
}

/// The nodes of one edition.
#[derive(Default)]
struct NodeSnapshot {
    generation: u64,
    candidates: Candidates,
}

impl Services {
    /// The service of that name, followed from now on.
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
    /// Returns `true` if this entry is of `service` and still followed.
    pub(super) fn is(&self, service: &str) -> bool {
        self.view.service() == service && self.view.is_alive()
    }

    /// The nodes as they change.
    pub(super) fn view(&self) -> NodeView {
        self.view.clone()
    }

    /// One of the nodes that are listed now, if any is what is wanted.
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
        // Nodes that are newer than the number are looked at once more, and that is all.
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
