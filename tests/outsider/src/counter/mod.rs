//! A kind of plug that micro does not know: named counters.
//!
//! An app that links this crate reads `micro.counter` and `micro.counters.NAME`, injects [`Counter`] and [`Counters`], shows
//! each in `/readyz`, and flushes and closes them when it stops. The line with `plug!` below is all that is required.

mod memory;
mod tape;

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use micro::plug::{Connectable, Instances, Plug, State};

pub use memory::Memory;
pub use tape::Tape;

/// A backend of counters.
pub trait Backend: Debug + Send + Sync + 'static {
    /// Adds one to the number called `name` and returns it.
    fn add(&self, name: &str) -> u64;

    /// Returns the reason the backend is unreachable, if any.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Persists the counts.
    fn flush(&self) {}
}

/// A handle to a counter backend.
#[derive(Clone, Debug)]
pub struct Counter(Arc<dyn Backend>);

/// The counters of a program: the default one, and others by name.
pub type Counters = Instances<Counter>;

impl Counter {
    pub fn new(backend: impl Backend) -> Self {
        Counter(Arc::new(backend))
    }

    /// Adds one to the number called `name` and returns it.
    pub fn add(&self, name: &str) -> u64 {
        self.0.add(name)
    }
}

impl Connectable for Counter {
    const KIND: &'static str = "counter";
}

impl Plug for Counter {
    const NAMES: &'static str = "counters";
    const DEFAULT: &'static str = "memory";
    const DOC: &'static str = "Where numbers are counted: `memory`, or `tape://FILE`.";

    fn state(&self) -> State {
        self.0.trouble().map_or(State::Up, State::Down)
    }

    fn flush(&self) -> impl Future<Output = ()> + Send {
        self.0.flush();
        std::future::ready(())
    }
}

micro::plug!(Counter);
