//! Moving calls between two addresses.
//!
//! A transport has two ends, and neither knows who is on the other side of it.
//!
//! - The serving end reads the head of a call, and the [`Dispatcher`] does the rest: it finds the route in an [`Inbound`], which the
//!   server room implements, makes the context, keeps deadline and idle limit, catches panics, and runs the call. What is left to the
//!   protocol is to read requests and to write replies. The page of [`Dispatcher`] has an example.
//! - The calling end implements [`Outbound`]: one attempt at a call. Its failures say whether the method can have run
//!   ([`Error::execution`](crate::Error::execution)), for that decides about a second attempt. What the peer answers beside its message
//!   is put on the context.
//!
//! [`local`] moves calls within one process, by the caller's slot and without encoding; [`memory`] does as a wire would,
//! without sockets, and is the reference; [`native`] speaks `micro/1` between micro processes; [`http`] speaks gRPC, gRPC-Web,
//! Connect and plain JSON, on the same port. Either goes through [`tls`].
//!
//! Protocols of sockets are entries of two tables: a port asks its [protocols](protocol) who owns the first bytes of a
//! connection, and a client, [`AutoTransport`], asks its [connectors](connector) who reaches a node.
//!
//! Promises that hold on every one of them, local calls included:
//!
//! - Deadlines travel and end the handler. Dropping the caller's future or stream does too.
//! - Headers and trailers of the reply arrive, whatever interceptors do to contexts.
//! - A refusal before dispatch says that the method did not run; whatever a handler answers does not.
//! - A panic is an [`Internal`](crate::Code::Internal) error of one call.

mod auto;
mod connection_stats;
pub mod connector;
mod dialer;
mod dispatch;
pub mod http;
mod io;
pub(crate) mod linger;
pub mod local;
pub mod memory;
pub mod native;
mod not_sent;
mod pool;
pub mod protocol;
mod route;
pub mod tls;

use std::fmt;
use std::time::Duration;

pub use auto::{AutoTransport, Wire};
pub use connection_stats::{ConnectionStats, Permit};
pub use connector::{ConnectError, Connection, Connector, PoolLimits, Reach};
pub use dialer::Dialer;
pub(crate) use dispatch::not_run;
pub use dispatch::{Dispatch, Dispatcher};
pub use io::Io;
pub(crate) use not_sent::not_sent;
pub use pool::PoolCache;
pub use protocol::{Accepted, Protocol};
pub use route::{CallShape, Route};
pub use tls::TlsMode;

use crate::codec::Codec;
use crate::context::{Context, Extensions};
use crate::errors::Result;
use crate::rpc::{BoxFuture, Call, MethodInfo, Payload};

/// Dispatches incoming calls.
pub trait Inbound: Send + Sync + 'static {
    /// Finds what answers a call, before any of its body is read.
    ///
    /// # Errors
    ///
    /// [`Unimplemented`](crate::Code::Unimplemented) for a method that no service here answers.
    /// [`Unavailable`](crate::Code::Unavailable) for a call that was meant for another node or comes while this one shuts
    /// down. The [`Dispatcher`] marks them: the method did not run.
    fn route(&self, arrival: &CallHead<'_>) -> Result<Route>;

    /// Finds what answers a call from within this process: `path` of exactly the service listed as `service`.
    fn local(&self, service: &str, path: &str) -> Option<&Route>;

    /// Answers a call that `route` was found for: takes the request and puts the reply in.
    ///
    /// Dropping the future drops the handler. No panic comes out of it. The deadline is the transport's to keep, because
    /// a caller in this process keeps it already.
    fn call<'a>(&'a self, route: &'a Route, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>>;

    /// Returns the extensions that the context of every call answered here gets.
    fn extensions(&self) -> &Extensions {
        static NONE: Extensions = Extensions::new();
        &NONE
    }

    /// The time for which nothing may move on the streams of a call from another process. Default: no limit.
    fn idle_timeout(&self) -> Option<Duration> {
        None
    }
}

/// Destination and method of an incoming call.
#[derive(Clone, Copy, Debug)]
pub struct CallHead<'a> {
    /// The path of the method: `/greeter.Greeter/Hello`.
    pub path: &'a str,
    /// The registry name it was looked up under, where the caller says so: one port may serve a contract under two names.
    pub service: Option<&'a str>,
    /// The node it is meant for, where the caller says so: a port can be taken over by another process.
    pub node: Option<&'a str>,
}

/// A way to call other processes.
pub trait Outbound: fmt::Debug + Send + Sync + 'static {
    /// Makes one attempt at a call; trying again elsewhere is the caller's business.
    ///
    /// Dropping the future, or a stream of the reply, cancels the call on the other side.
    ///
    /// # Errors
    ///
    /// What the handler failed with, or what happened on the way; then [`Error::execution`](crate::Error::execution) says whether
    /// the method can have run. The deadline of the context is kept.
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>>;
}

/// One attempt at a call, from the view of a transport.
///
/// What the peer answers beside its message is put on the context.
#[derive(Debug)]
pub struct Request<'a> {
    /// Destination.
    pub to: Destination<'a>,
    /// The registry name of the service.
    pub service: &'a str,
    /// Method: its path, and which sides are streams.
    pub method: Method<'a>,
    /// Codec of `payload`, and of the reply the caller expects.
    pub codec: Codec,
    /// The request.
    pub payload: Payload,
    /// Context of the call.
    pub context: &'a Context,
}

/// Destination of a call.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The address: `10.0.0.7:8080`, `localhost:8080`, `[::1]:8080`.
    pub address: &'a str,
    /// Id of the intended node, if known.
    pub node: Option<&'a str>,
    /// Protocol that the node lists in addition to HTTP: `micro/1`.
    pub wire: Option<&'a str>,
    /// TLS mode of the connection.
    pub security: TlsMode,
    /// Cache of the transport's connections to the destination.
    pub cache: Option<&'a PoolCache>,
}

impl<'a> Destination<'a> {
    /// Creates the plaintext destination `address`.
    pub fn at(address: &'a str) -> Self {
        Destination { address, node: None, wire: None, security: TlsMode::Unencrypted, cache: None }
    }
}

/// Properties of a method that transports require.
#[derive(Clone, Copy, Debug)]
pub struct Method<'a> {
    /// The path: `/greeter.Greeter/Hello`.
    pub path: &'a str,
    /// `true` if the request is a stream.
    pub client_streaming: bool,
    /// `true` if the reply is a stream.
    pub server_streaming: bool,
}

impl<'a> From<MethodInfo<'a>> for Method<'a> {
    fn from(method: MethodInfo<'a>) -> Self {
        Method {
            path: method.path(),
            client_streaming: method.client_streaming(),
            server_streaming: method.server_streaming(),
        }
    }
}

/// The pair of a node's metadata that says what it speaks beside HTTP.
pub const WIRE: &str = "wire";
/// The pair of a node's metadata that says whether it wants to be called with TLS: `yes`, or it is not there.
pub const TLS: &str = "tls";

/// The names of the pairs micro's own peers exchange beside those of the protocols.
pub mod names {
    /// The registry name a call was looked up under.
    pub const SERVICE: &str = "micro-service";
    /// The node a call is meant for.
    pub const NODE: &str = "micro-node";
    /// Set by a server on an answer that it gave instead of running the method.
    pub const NOT_RUN: &str = "micro-not-run";
    /// Metadata key of the trace context, as W3C Trace Context names it.
    pub const TRACE: &str = "traceparent";
}
