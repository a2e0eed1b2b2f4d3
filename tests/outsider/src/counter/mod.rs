//! A kind of plug that micro has never heard of: numbers that count up, by name.
//!
//! An app that links this crate reads `micro.counter` and `micro.counters.NAME`, injects [`Counter`] and [`Counters`], shows
//! each in `/readyz`, and flushes and closes them when it stops. What it takes is the line with `plug!` below.

mod memory;
mod tape;

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use micro::plug::{Connectable, Instances, Plug, State};

pub use memory::Memory;
pub use tape::Tape;

/// What a backend of counters provides.
pub trait Backend: Debug + Send + Sync + 'static {
    /// Adds one to the number called `name` and returns it.
    fn add(&self, name: &str) -> u64;

    /// Returns why it cannot be reached, if it cannot.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Writes down what was counted.
    fn flush(&self) {}
}

/// The handle callers hold.
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
