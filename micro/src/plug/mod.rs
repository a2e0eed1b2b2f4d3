//! Pluggable parts of a program: how a URL becomes a backend, and what an app does with it.
//!
//! A registry, a broker, a store are each one idea with several backends. What they have in common is here, once:
//!
//! - [`Connectable`] and the scheme table: a URL such as `nats://10.0.0.1:4222` names a backend by its scheme.
//!   [`scheme!`](crate::scheme!) adds a backend, from any crate that is linked; [`connect`] finds it.
//! - [`Plug`]: what an app needs to run one of them. [`plug!`](crate::plug!) adds a kind of plug, and from then on an app
//!   reads its URL from the setting `micro.NAME`, further instances from `micro.NAMES.instance`, connects to them when a
//!   handler takes one, injects the handle and its [`Instances`], shows each in `/readyz`, and flushes and closes them at
//!   their place in the stop.
//!
//! A backend that itself needs a part of the app, such as its client, takes that from the [`Connect`] it is given.
//!
//! ```
//! use micro::plug::{Connect, Connectable, Plug};
//! use micro::{Error, Result};
//!
//! /// A handle, as callers hold it. It counts up.
//! #[derive(Clone, Debug)]
//! pub struct Counter(std::sync::Arc<std::sync::atomic::AtomicU64>);
//!
//! impl Connectable for Counter {
//!     const KIND: &str = "counter";
//! }
//!
//! impl Plug for Counter {
//!     const NAMES: &str = "counters";
//!     const DEFAULT: &str = "memory";
//! }
//!
//! micro::plug!(Counter);
//!
//! micro::scheme!(Counter, "memory", "memory", |connect: &Connect<'_>| {
//!     let rest = connect.rest().to_owned();
//!     Box::pin(async move {
//!         let first = if rest.is_empty() { Ok(0) } else { rest.parse() };
//!         let first = first.map_err(|_| Error::invalid_argument("`memory://` is followed by a number"))?;
//!         Ok(Counter(std::sync::Arc::new(std::sync::atomic::AtomicU64::new(first))))
//!     })
//! });
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
//! let counter: Counter = micro::plug::connect("memory://7").await?;
//! assert_eq!(counter.0.load(std::sync::atomic::Ordering::Relaxed), 7);
//! # Ok(()) }
//! ```

mod instances;
mod registration;
mod scheme;

use std::fmt::Debug;
use std::future::{Future, ready};

pub use instances::Instances;
pub use registration::PlugRegistration;
pub(crate) use registration::{Given, Opened, Urls, registrations};
pub use scheme::{Connect, Connectable, PlugConnector, Scheme, connect, connect_with};

use crate::context::Extensions;

/// A kind of backend that an app runs: the handle that callers hold.
///
/// Only the names are required; a backend in memory needs nothing else.
pub trait Plug: Connectable + Clone + Debug + Send + Sync {
    /// The plural of [`KIND`](Connectable::KIND), under which settings name further instances: `stores` for
    /// `micro.stores.audit`.
    const NAMES: &'static str;

    /// The URL of the default instance where the settings have none.
    const DEFAULT: &'static str;

    /// One line for `--help`: what the plug is for.
    const DOC: &'static str = "";

    /// Returns whether the backend can be reached now. Default: [`State::Up`].
    ///
    /// `/readyz` shows it. A backend that is away is not critical: calls are answered none the less, and one broken server
    /// must not withdraw every node.
    fn state(&self) -> State {
        State::Up
    }

    /// Takes what it wants of the app that has connected to it. Default: nothing.
    #[must_use]
    fn attach(self, parts: &Extensions) -> Self {
        let _ = parts;
        self
    }

    /// Waits until what this process holds back is handed over. Default: nothing is.
    ///
    /// An app calls it when no call and no event is in flight any more, and bounds the wait by the shutdown timeout.
    fn flush(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Ends connections and tasks. Default: dropping the last handle does.
    ///
    /// An app calls it last, after [`flush`](Self::flush), within the same timeout.
    fn close(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// Reachability of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Reachable.
    Up,
    /// Not reachable, and why; it is tried again and again.
    Down(String),
}

/// Adds a backend to the scheme table of a [`Connectable`](crate::plug::Connectable) handle: the type, the scheme, an example of a
/// URL for error messages, and the function that connects.
///
/// Linking the crate is all it takes to use the scheme; two crates that claim one are an error when it is used. See
/// [`plug`](mod@crate::plug).
#[macro_export]
macro_rules! scheme {
    ($handle:ty, $name:expr, $example:expr, $connect:expr $(,)?) => {
        $crate::inventory::submit! {
            $crate::plug::Scheme::new::<$handle>(
                $name,
                $example,
                const { &$crate::plug::PlugConnector::<$handle>::new($connect) },
            )
        }
    };
}
