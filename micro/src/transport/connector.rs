//! Connectors: the protocols this process calls others with.
//!
//! A client asks a table who can reach a node: [`AutoTransport`](super::AutoTransport) holds the connectors, `micro/1` and
//! HTTP among them, and asks each for its [`Reach`]. Those to which the node lists its protocol come first, those that try
//! anything come last, and among equals the one that was added first is preferred. A peer that turns out to speak something
//! else ([`ConnectError::Foreign`]) is called by the next of them, and asked again after a minute.
//!
//! A connector makes connections and nothing else. How many there are, when more are opened, who waits for whom, how long an
//! address rests that could not be reached and when a connection has been unused for too long is decided in one place, for
//! all connectors alike, by what a [`Connection`] tells in its [`ConnectionStats`].
//!
//! A protocol is added with two types, a [`Connector`] and the [`Connection`] it makes, and one line:
//! [`AutoTransport::with_connector`](super::AutoTransport::with_connector). Its serving end is a
//! [`Protocol`](super::Protocol). Here is the calling end of a protocol whose whole conversation is a line with the path, a
//! line with the request, and a line with the reply:
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use micro::errors::Execution;
//! use micro::rpc::{BoxFuture, Payload};
//! use micro::transport::tls::{Alpn, ClientTls, TlsMode};
//! use micro::transport::{
//!     ConnectError, Connection, ConnectionStats, Connector, Destination, Dialer, Io, Permit, Reach, Request,
//! };
//! use micro::{Code, Error, Result};
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
//! use tokio::sync::Mutex;
//!
//! /// Calls nodes that list the wire `line/1`.
//! #[derive(Debug)]
//! struct LineConnector(Dialer);
//!
//! impl LineConnector {
//!     fn new(tls: ClientTls) -> Self {
//!         LineConnector(Dialer::new(tls, Alpn::Required(b"line/1"), Duration::from_secs(5)))
//!     }
//! }
//!
//! impl Connector for LineConnector {
//!     fn name(&self) -> &'static str {
//!         "line/1"
//!     }
//!
//!     fn reach(&self, to: &Destination<'_>) -> Reach {
//!         if to.lists_wire("line/1") { Reach::Listed } else { Reach::Unsupported }
//!     }
//!
//!     fn connect<'a>(
//!         &'a self,
//!         address: &'a str,
//!         security: TlsMode,
//!     ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ConnectError>> {
//!         Box::pin(async move {
//!             let io = self.0.dial(address, security).await?;
//!             // One call at a time: the pool lets others wait, or opens further connections.
//!             let stats = Arc::new(ConnectionStats::limited(1, 1));
//!             Ok(Arc::new(LineConnection { io: Mutex::new(Some(BufStream::new(io))), stats }) as Arc<dyn Connection>)
//!         })
//!     }
//! }
//!
//! /// Has a connection for one call at a time. A call takes it out, and puts it back when it was answered: one that is given
//! /// up in the middle takes it along.
//! #[derive(Debug)]
//! struct LineConnection {
//!     io: Mutex<Option<BufStream<Io>>>,
//!     stats: Arc<ConnectionStats>,
//! }
//!
//! impl Connection for LineConnection {
//!     fn stats(&self) -> &Arc<ConnectionStats> {
//!         &self.stats
//!     }
//!
//!     fn call<'a>(self: Arc<Self>, request: Request<'a>, permit: Permit) -> BoxFuture<'a, Result<Payload>> {
//!         Box::pin(async move {
//!             let Payload::One(message) = request.payload else {
//!                 return Err(Error::unimplemented("`line/1` has no streams").with_execution(Execution::NotStarted));
//!             };
//!             let Some(mut io) = self.io.lock().await.take() else {
//!                 self.stats.close();
//!                 return Err(Error::unavailable("the call before was given up").with_execution(Execution::NotStarted));
//!             };
//!             let exchange = async {
//!                 io.write_all(format!("LINE {}\n", request.method.path).as_bytes()).await?;
//!                 io.write_all(&[&message[..], b"\n"].concat()).await?;
//!                 io.flush().await?;
//!                 let mut line = Vec::new();
//!                 io.read_until(b'\n', &mut line).await?;
//!                 line.strip_suffix(b"\n").map(<[u8]>::to_vec).ok_or(std::io::ErrorKind::UnexpectedEof.into())
//!             };
//!             let answer: std::io::Result<Vec<u8>> = match request.context.remaining() {
//!                 Some(left) => {
//!                     let late = |_| Error::new(Code::DeadlineExceeded, "no answer in time");
//!                     tokio::time::timeout(left, exchange).await.map_err(late)?
//!                 }
//!                 None => exchange.await,
//!             };
//!             match answer {
//!                 Ok(reply) => {
//!                     *self.io.lock().await = Some(io);
//!                     drop(permit);
//!                     Ok(Payload::One(reply.into()))
//!                 }
//!                 Err(error) => {
//!                     self.stats.close();
//!                     Err(Error::unavailable("the connection to the peer was lost").with_source(error))
//!                 }
//!             }
//!         })
//!     }
//! }
//!
//! # fn main() {
//! let transport = micro::transport::AutoTransport::default().with_connector(Arc::new(LineConnector::new(ClientTls::new())));
//! # drop(transport);
//! # }
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::connection_stats::{ConnectionStats, Permit};
use super::not_sent::not_sent;
use super::tls::TlsMode;
use super::{Destination, Request};
use crate::errors::{Error, Execution, Result};
use crate::rpc::{BoxFuture, Payload};

/// The calling end of a protocol: opens connections to nodes that speak it.
///
/// See the [module](self) for an example.
pub trait Connector: fmt::Debug + Send + Sync + 'static {
    /// The name of the protocol, as logs and the attribute `wire` of spans have it: `micro/1`.
    fn name(&self) -> &'static str;

    /// Returns how the node can be reached. Asked when a node is called for the first time, and kept with the node.
    fn reach(&self, to: &Destination<'_>) -> Reach;

    /// The bounds of the connections to one address.
    fn limits(&self) -> PoolLimits {
        PoolLimits::default()
    }

    /// Connects to `address`, up to the point where the peer is known to speak the protocol.
    ///
    /// Only one connection to an address is opened at a time, whatever the number of calls that wait for it. It has to end
    /// within a time of the connector's own; dropping the future gives the attempt up.
    ///
    /// # Errors
    ///
    /// Why there is no connection. Nothing of a call was sent.
    fn connect<'a>(
        &'a self,
        address: &'a str,
        security: TlsMode,
    ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ConnectError>>;
}

/// A connection to a peer, which makes calls on it.
///
/// It is dropped by the pool when it was [closed](ConnectionStats::close); calls that still run hold it.
pub trait Connection: Send + Sync + 'static {
    /// Returns the state by which the pool chooses a connection. Must be the same object at each call.
    fn stats(&self) -> &Arc<ConnectionStats>;

    /// Makes one attempt at a call.
    ///
    /// The `permit` is held until the answer, or the stream of answers, has been read. The deadline of the context is the
    /// connection's to keep. Dropping the future or the stream cancels the call.
    ///
    /// # Errors
    ///
    /// What the handler failed with, or what happened on the way; with [`Execution::NotStarted`] where the method cannot have run.
    fn call<'a>(self: Arc<Self>, request: Request<'a>, permit: Permit) -> BoxFuture<'a, Result<Payload>>;

    /// Takes no further calls, and closes once the last has ended. Called when the connection was unused for
    /// [`PoolLimits::idle`]. By default it is closed at once.
    fn retire(&self) {
        self.stats().close();
    }
}

impl Destination<'_> {
    /// Returns `true` if the node lists the protocol `name`, in addition to HTTP.
    pub fn lists_wire(&self, name: &str) -> bool {
        self.wire.is_some_and(|wires| wires.split(',').any(|wire| wire.trim() == name))
    }
}

/// Reachability of a node by a [`Connector`]. The greater one is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reach {
    /// Not reachable.
    Unsupported,
    /// Possibly reachable: tried if no connector is known to reach the node.
    Fallback,
    /// The node says that it speaks the protocol.
    Listed,
}

/// The bounds of the connections that one connector makes to one address.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    /// The connections under ordinary load. Default: 2.
    pub connections: usize,
    /// The connections when all of them are nearly full, before calls wait for one another. Default: 4.
    pub most_connections: usize,
    /// The time after which a connection without calls is retired. Default: 5 min.
    pub idle: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        PoolLimits { connections: 2, most_connections: 4, idle: Duration::from_secs(300) }
    }
}

/// Failure to connect. Nothing of a call was sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address does not answer. It rests for a moment, longer with each failure.
    Unreachable(Error),
    /// The peer speaks another protocol. The next connector that reaches the node is asked.
    Foreign(Error),
    /// One of the two does not accept the other, which will not have changed at the next call: the address rests for a
    /// second.
    Refused(Error),
}

impl ConnectError {
    /// Creates the failure of an address that does not answer: [`Code::Unavailable`](crate::Code::Unavailable).
    pub fn unreachable(message: impl Into<String>) -> Self {
        ConnectError::Unreachable(not_sent(message.into()))
    }

    /// The peer speaks another protocol: [`Code::Unavailable`](crate::Code::Unavailable).
    pub fn foreign(message: impl Into<String>) -> Self {
        ConnectError::Foreign(not_sent(message.into()))
    }

    /// The error for callers.
    pub fn error(&self) -> &Error {
        match self {
            ConnectError::Unreachable(error) | ConnectError::Foreign(error) | ConnectError::Refused(error) => error,
        }
    }
}

impl From<ConnectError> for Error {
    /// The error for callers, which says that the method has not run.
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Unreachable(error) | ConnectError::Foreign(error) | ConnectError::Refused(error) => {
                error.with_execution(Execution::NotStarted)
            }
        }
    }
}
