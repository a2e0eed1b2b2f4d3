use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A place beside a node in which a transport keeps its way there, once it knows one: its connections, which need not be
/// looked up by address at every call then.
///
/// The first thing that is put in stays. A transport that finds something else looks its way up as if there were nothing.
#[derive(Default)]
pub struct Shortcut(OnceLock<Arc<dyn Any + Send + Sync>>);

impl Shortcut {
    /// What is kept, where it is a `T`.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.get()?.downcast_ref()
    }

    /// Keeps `way`, unless something is kept.
    pub fn keep<T: Any + Send + Sync>(&self, way: Arc<T>) {
        let _ = self.0.set(way);
    }
}

impl fmt::Debug for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "Shortcut(known)" } else { "Shortcut(unknown)" })
    }
}
