//! Pluggable backends: selection by URL, and integration into an app.
//!
//! A registry, a broker and a store each have several backends. This module contains what they have in common:
//!
//! - [`Connectable`] and the scheme table: a URL such as `nats://10.0.0.1:4222` selects a backend by its scheme.
//!   [`scheme!`](crate::scheme!) adds a backend, from any linked crate; [`connect`] finds it.
//! - [`Plug`]: the operations an app needs to run one of them. [`plug!`](crate::plug!) adds a kind of plug. An app then reads its
//!   URL from the setting `micro.NAME` and further instances from `micro.NAMES.instance`, connects to them if a handler uses one,
//!   injects the handle and its [`Instances`], reports each in `/readyz`, and flushes and closes them at the right point of the
//!   shutdown.
//!
//! A backend that itself needs a part of the app, such as its client, obtains that from the [`Connect`] passed to it.
//!
//! ```
//! use micro::plug::{Connect, Connectable, Plug};
//! use micro::{Error, Result};
//!
//! /// A counter: the handle that callers hold.
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

/// A kind of backend that an app runs, implemented by the handle that callers hold.
///
/// Only the names are required; an in-memory backend needs nothing else.
pub trait Plug: Connectable + Clone + Debug + Send + Sync {
    /// Plural of [`KIND`](Connectable::KIND), the settings key of further instances: `stores` for `micro.stores.audit`.
    const NAMES: &'static str;

    /// URL of the default instance if the settings have none.
    const DEFAULT: &'static str;

    /// One-line description for `--help`.
    const DOC: &'static str = "";

    /// Returns whether the backend is reachable now. Default: [`State::Up`].
    ///
    /// `/readyz` reports the state. An unreachable backend is not critical: calls are still served, and one broken server must
    /// not withdraw every node.
    fn state(&self) -> State {
        State::Up
    }

    /// Attaches the handle to the app that has connected to it, and may take parts of the app. Default: returns `self` unchanged.
    #[must_use]
    fn attach(self, parts: &Extensions) -> Self {
        let _ = parts;
        self
    }

    /// Waits until data buffered in this process is handed over. Default: returns immediately.
    ///
    /// An app calls this once no call and no event is in flight, and bounds the wait by the shutdown timeout.
    fn flush(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Ends connections and tasks. Default: does nothing, since dropping the last handle does that.
    ///
    /// An app calls this last, after [`flush`](Self::flush), within the same timeout.
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
    /// Not reachable; contains the reason. Connection attempts continue.
    Down(String),
}

/// Adds a backend to the scheme table of a [`Connectable`](crate::plug::Connectable) handle: the handle's type, the scheme, an
/// example URL for error messages, and the connect function.
///
/// Linking the crate is enough to use the scheme; if two crates claim the same scheme, using it is an error. See
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
