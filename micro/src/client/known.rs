//! The services a client has called, and what it keeps of each.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::registry::{Following, Registry};
use crate::selector::{Balancer, Candidates, Pick, PickOptions, Selector};

/// How many services are followed at a time. Names may come from callers, through a proxy, and must not pile up.
const MOST: usize = 1024;

/// The services a client has called: each is followed from its first call on, so that further calls ask nobody, and go on
/// while the registry is away.
#[derive(Default)]
pub(super) struct Services(Mutex<HashMap<String, Arc<Known>>>);

/// One of them: its nodes, ready to be picked from.
pub(super) struct Known {
    following: Following,
    listed: ArcSwap<Listed>,
}

/// The nodes of one edition.
#[derive(Default)]
struct Listed {
    edition: u64,
    candidates: Candidates,
}

impl Services {
    /// The service of that name, followed from now on.
    pub(super) fn of(&self, service: &str, registry: &Registry) -> Arc<Known> {
        let mut services = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = services.get(service).filter(|known| known.following.is_alive()) {
            return known.clone();
        }
        if services.len() >= MOST {
            services.clear();
        }
        let known = Arc::new(Known { following: registry.follow(service), listed: ArcSwap::default() });
        services.insert(service.to_owned(), known.clone());
        known
    }
}

impl Known {
    /// Whether it is this service, and still followed.
    pub(super) fn is(&self, service: &str) -> bool {
        self.following.service() == service && self.following.is_alive()
    }

    /// The nodes as they change.
    pub(super) fn following(&self) -> Following {
        self.following.clone()
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
        let edition = self.following.edition();
        let listed = self.listed.load();
        if listed.edition == edition {
            return pick(&listed.candidates);
        }
        // Nodes that are newer than the number are looked at once more, and that is all.
        let candidates = selector.candidates(&self.following.nodes());
        let picked = pick(&candidates);
        self.listed.store(Arc::new(Listed { edition, candidates }));
        picked
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.following.fmt(f)
    }
}
