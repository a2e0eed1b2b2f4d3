use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A place beside a node in which a transport keeps the connections it has there, which need not be looked up by address at
/// every call then.
///
/// The first value stays. A transport that finds a value of another looks its connections up as if there were none.
#[derive(Default)]
pub struct PoolCache(OnceLock<Arc<dyn Any + Send + Sync>>);

impl PoolCache {
    /// The value, where it is a `T`.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.get()?.downcast_ref()
    }

    /// Keeps `value`, unless there is one.
    pub fn keep<T: Any + Send + Sync>(&self, value: Arc<T>) {
        let _ = self.0.set(value);
    }
}

impl fmt::Debug for PoolCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "PoolCache(filled)" } else { "PoolCache(empty)" })
    }
}
