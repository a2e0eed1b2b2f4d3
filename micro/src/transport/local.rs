//! Calls within one process: the request and the reply move through the caller's slot, nothing is encoded, and the handler
//! runs in the caller's task and ends with it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{Inbound, Route};

/// The services of this process, once it serves any.
///
/// A client is made before the services are, because services may hold clients; so the place is there first and is filled
/// later. Cloning shares the place.
#[derive(Clone, Default)]
pub struct LocalTransport(Arc<OnceLock<Arc<dyn Inbound>>>);

impl LocalTransport {
    /// An empty place.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills it. The first one stays.
    pub fn serve(&self, inbound: Arc<dyn Inbound>) {
        let _ = self.0.set(inbound);
    }

    /// Returns the route of `path` of the service listed as `service` in this process.
    pub fn route(&self, service: &str, path: &str) -> Option<(&Arc<dyn Inbound>, &Route)> {
        let inbound = self.0.get()?;
        let route = inbound.local(service, path)?;
        Some((inbound, route))
    }
}

impl fmt::Debug for LocalTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "Local(serving)" } else { "Local(empty)" })
    }
}
