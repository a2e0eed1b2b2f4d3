//! Answering calls: which services there are, what wraps them, and the sockets they are reached by.
//!
//! A [`Server`] is a table of services. It is the [`Inbound`] that every protocol dispatches to, and that calls within the process reach
//! without one. For a call it finds the route by path and, where two services have one path, by name; what no service
//! answers goes to the [`Fallback`], where there is one. Then the interceptors run, and the handler behind them.
//!
//! A [`Listener`] is the port. It looks at the first bytes of a connection and hands it to the protocol they belong to.
//!
//! A server does not know what it is reached by, so a test may go without sockets:
//!
//! ```
//! use std::sync::Arc;
//!
//! use micro::prelude::*;
//! use micro::server::Server;
//! use micro::transport::memory::Network;
//!
//! # #[micro::message] #[derive(Debug)] pub struct Number { pub value: u32 }
//! # #[micro::service(name = "doubler")] pub trait Doubler { async fn double(&self, number: Number) -> Result<Number>; }
//! # struct Twice;
//! # #[micro::handler(manual)] impl Doubler for Twice {
//! #     async fn double(&self, number: Number) -> Result<Number> { Ok(Number { value: number.value * 2 }) }
//! # }
//! let mut server = Server::new().with_node("n1");
//! server.add("doubler", DoublerServer::new(Twice))?;
//! let network = Network::new();
//! let address = network.serve(Arc::new(server));
//! # Ok::<(), micro::Error>(())
//! ```
//!
//! At its end a server goes through the phases of its life cycle: it serves on while the registry forgets it, then takes no new calls and finishes
//! those in flight, and drops what is left when the time is up.

mod drain;
mod fallback;
mod listen;
mod plaintext;
mod protocols;
mod routes;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use drain::Drained;
pub use fallback::{Fallback, FallbackCall, into_endpoint};
pub use listen::{ListenOptions, Listener};
pub use plaintext::Plaintext;

use routes::Routes;

use crate::context::Extensions;
use crate::errors::{Error, Result};
use crate::rpc::{BoxFuture, Call, CallEndpoint, Interceptors, Service};
use crate::transport::{CallHead, Inbound, Route};
use crate::util::lifecycle::{Lifecycle, State};
use crate::util::text;

/// The services of a program and what wraps them: what the serving end of every transport talks to.
#[derive(Default)]
pub struct Server {
    node: Option<String>,
    table: Routes,
    interceptors: Interceptors,
    fallback: Option<Arc<dyn CallEndpoint>>,
    idle: Option<Duration>,
    extensions: Extensions,
    lifecycle: Lifecycle,
}

impl Server {
    /// A server of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the node id: calls that name another node are refused, because they were meant for a process that listened here
    /// before.
    #[must_use]
    pub fn with_node(mut self, id: impl Into<String>) -> Self {
        self.node = Some(id.into());
        self
    }

    /// Sets the endpoint of calls that no service answers.
    #[must_use]
    pub fn with_fallback(mut self, fallback: Arc<dyn CallEndpoint>) -> Self {
        self.fallback = Some(fallback);
        self
    }

    /// Follows `lifecycle`: once that is [`State::Stopped`], calls are refused.
    #[must_use]
    pub fn with_lifecycle(mut self, lifecycle: Lifecycle) -> Self {
        self.lifecycle = lifecycle;
        self
    }

    /// Adds a service under the name it is listed by.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](crate::Code::AlreadyExists) when the same contract is there under the same name.
    pub fn add(&mut self, name: &str, service: Service) -> Result<()> {
        self.table.add(name, service)
    }

    /// Adds a service that answers but is not among [`services`](Self::services): one about the server itself. Where
    /// others have its paths they come first.
    pub fn add_unlisted(&mut self, service: Service) {
        self.table.add_unlisted(service);
    }

    /// Wraps every call in `interceptors`.
    #[must_use]
    pub fn with_interceptors(mut self, interceptors: Interceptors) -> Self {
        self.interceptors = interceptors;
        self
    }

    /// Sets the time a call with a stream may wait while nothing moves in either direction. Default: no limit.
    ///
    /// It holds for calls from other processes, and fails them with
    /// [`DeadlineExceeded`](crate::Code::DeadlineExceeded). A caller that does not read does not count as silent.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Option<Duration>) -> Self {
        self.idle = limit;
        self
    }

    /// Sets the extensions that [`Context::extension`](crate::Context::extension) returns in every call answered here, over any
    /// transport.
    #[must_use]
    pub fn with_extensions(mut self, extensions: Extensions) -> Self {
        self.extensions = extensions;
        self
    }

    /// The services with the names they are listed under, in the order they were added.
    pub fn services(&self) -> &[(Arc<str>, Service)] {
        self.table.services()
    }
}

impl Inbound for Server {
    fn route(&self, arrival: &CallHead<'_>) -> Result<Route> {
        if self.lifecycle.state() >= State::Stopped {
            return Err(Error::unavailable("shutting down"));
        }
        if let (Some(meant), Some(own)) = (arrival.node, &self.node)
            && meant != own
        {
            return Err(Error::unavailable(format!("this is node `{own}`, the call was meant for `{meant}`")));
        }
        if let Some(route) = self.table.find(arrival.path, arrival.service) {
            return Ok(route.clone());
        }
        match &self.fallback {
            Some(end) if is_method(arrival.path) => {
                Ok(Route::open(arrival.service.unwrap_or_default().into(), arrival.path, end.clone()))
            }
            _ => Err(self.unknown(arrival.path)),
        }
    }

    fn local(&self, service: &str, path: &str) -> Option<&Route> {
        self.table.find_exactly(path, service)
    }

    fn call<'a>(&'a self, route: &'a Route, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        // Those that arrived by a road of ours have them already.
        if !self.extensions.is_empty() && call.context().extensions().is_none() {
            call.context().lend(&self.extensions);
        }
        self.interceptors.run(call, route)
    }

    fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    fn idle_timeout(&self) -> Option<Duration> {
        self.idle
    }
}

impl Server {
    fn unknown(&self, path: &str) -> Error {
        let hint = match text::nearest(path, self.table.paths()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::new(),
        };
        Error::unimplemented(format!("unknown method `{}`{hint}", path.escape_debug()))
    }
}

/// Returns `true` if a path is of the form `/package.Contract/Method`.
fn is_method(path: &str) -> bool {
    let mut parts = path.split('/');
    let parts = (parts.next(), parts.next(), parts.next(), parts.next());
    matches!(parts, (Some(""), Some(contract), Some(method), None) if !contract.is_empty() && !method.is_empty())
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("node", &self.node).field("services", &self.table.services()).finish()
    }
}
