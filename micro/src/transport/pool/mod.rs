//! The connections of a client: one pool with one policy, whatever protocol they speak.
//!
//! An [`entry`] has the connections to one address, with one [`TlsMode`](super::tls::TlsMode), over the connectors that
//! reach the node. The least busy of them is taken; another is opened when it is busy, up to the limits of its connector, and
//! one that was unused for long is retired. Only one is opened at a time, for all who wait. An address that could not be
//! reached rests, with growing pauses, and calls fail with what was found; a protocol that a peer turned out not to speak is
//! tried again after a minute.

mod cache;
mod entry;
mod route;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use cache::PoolCache;

pub(super) use entry::Lease;
use entry::{LeaseOwner, PoolEntry};
use route::{MAX_CONNECTORS, PoolRoute};

use super::connector::Connector;
use super::{Destination, not_sent};
use crate::context::Context;
use crate::errors::{Execution, Result};
use crate::util::clock;

/// From so many addresses on, those that are of no use are looked for: they come and go.
const MAX_ENTRIES: usize = 256;

/// The connections of a client. Cloning it shares them.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    connectors: Vec<Arc<dyn Connector>>,
    /// The only connector to use, whatever nodes say.
    only: Option<usize>,
    entries: Mutex<Entries>,
}

type Entries = HashMap<String, Vec<Arc<PoolEntry>>>;

impl Pool {
    /// A pool over `connectors`, or over the one of them that is called `only`.
    ///
    /// # Panics
    ///
    /// With more than [`MAX_CONNECTORS`].
    pub(super) fn new(connectors: Vec<Arc<dyn Connector>>, only: Option<&str>) -> Self {
        assert!(connectors.len() <= MAX_CONNECTORS, "a table of {} connectors", connectors.len());
        let only = only.and_then(|name| connectors.iter().position(|connector| connector.name() == name));
        Pool(Arc::new(Shared { connectors, only, entries: Mutex::default() }))
    }

    pub(super) fn connectors(&self) -> &[Arc<dyn Connector>] {
        &self.0.connectors
    }

    /// A connection that takes a call at once, where there is one. More are opened as the load asks for them.
    pub(super) fn ready(&self, to: &Destination<'_>) -> Option<Lease> {
        if let Some(entry) = to.cache.and_then(|cache| cache.get::<PoolEntry>()).filter(|entry| self.has(entry)) {
            return entry.ready();
        }
        let entry = self.find(to)?;
        if let Some(cache) = to.cache {
            cache.keep(entry.clone());
        }
        entry.ready()
    }

    /// A connection that takes a call, opened or waited for if need be within the deadline of `context`.
    ///
    /// # Errors
    ///
    /// Why there is none; nothing was sent.
    pub(super) async fn lease(&self, to: &Destination<'_>, context: &Context) -> Result<Lease> {
        let entry = self.entry(to)?;
        if let Some(cache) = to.cache {
            cache.keep(entry.clone());
        }
        let Some(deadline) = context.deadline() else { return entry.lease().await };
        let leased = clock::timeout_at(deadline, entry.lease()).await;
        leased.unwrap_or_else(|_| Err(Context::deadline_exceeded().with_execution(Execution::NotStarted)))
    }

    fn has(&self, entry: &PoolEntry) -> bool {
        std::ptr::addr_eq(entry.owner().as_ptr(), Arc::as_ptr(&self.0))
    }

    fn route(&self, to: &Destination<'_>) -> PoolRoute {
        match self.0.only {
            Some(place) => PoolRoute::only(place),
            None => PoolRoute::of(&self.0.connectors, to),
        }
    }

    fn find(&self, to: &Destination<'_>) -> Option<Arc<PoolEntry>> {
        let route = self.route(to);
        let entries = self.0.entries();
        entries.get(to.address)?.iter().find(|entry| entry.is_for(to.security, route)).cloned()
    }

    /// The entry of a destination. It is kept for as long as it is of use, or something holds it.
    fn entry(&self, to: &Destination<'_>) -> Result<Arc<PoolEntry>> {
        let route = self.route(to);
        if route.is_empty() {
            let wire = to.wire.unwrap_or("nothing that is known");
            return Err(not_sent(format!("no transport reaches `{}`, which speaks {wire}", to.address)));
        }
        let mut entries = self.0.entries();
        if let Some(entry) = entries.get(to.address).and_then(|same| same.iter().find(|e| e.is_for(to.security, route)))
        {
            return Ok(entry.clone());
        }
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, same| {
                same.retain(|entry| Arc::strong_count(entry) > 1 || !entry.is_spent());
                !same.is_empty()
            });
        }
        let shared: Arc<dyn LeaseOwner> = self.0.clone();
        let connectors = route.pick(&self.0.connectors);
        let entry = PoolEntry::new(to.address, to.security, route, connectors, Arc::downgrade(&shared));
        entries.entry(to.address.to_owned()).or_default().push(entry.clone());
        Ok(entry)
    }
}

impl Shared {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LeaseOwner for Shared {
    fn drop_if_spent(&self, entry: &Arc<PoolEntry>) {
        let mut entries = self.entries();
        // Once here and once in the map: what holds it besides, such as the cache of a node, comes back to it.
        if Arc::strong_count(entry) > 2 || !entry.is_spent() {
            return;
        }
        let Some(same) = entries.get_mut(entry.address()) else { return };
        same.retain(|known| !Arc::ptr_eq(known, entry));
        if same.is_empty() {
            entries.remove(entry.address());
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("connectors", &self.0.connectors)
            .field("addresses", &self.0.entries().len())
            .finish()
    }
}
