use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::registry::{Following, Node, Registry};

/// How many services are followed at a time. Names may come from callers, through a proxy, and must not pile up.
const MOST: usize = 1024;

/// The services a client has called: each is followed from its first call on, so that further calls ask nobody, and go on
/// while the registry is away.
#[derive(Default)]
pub(super) struct Followed(Mutex<HashMap<String, Following>>);

impl Followed {
    /// The nodes of `service`, where they are known.
    pub(super) fn known(&self, service: &str) -> Option<Arc<[Arc<Node>]>> {
        let followed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let following = followed.get(service).filter(|following| following.is_alive())?;
        following.is_ready().then(|| following.nodes())
    }

    /// The view of `service`, kept from now on.
    pub(super) fn of(&self, service: &str, registry: &Registry) -> Following {
        let mut followed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(following) = followed.get(service).filter(|following| following.is_alive()) {
            return following.clone();
        }
        if followed.len() >= MOST {
            followed.clear();
        }
        let following = registry.follow(service);
        followed.insert(service.to_owned(), following.clone());
        following
    }
}
