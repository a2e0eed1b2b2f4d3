//! Protocols: what a port speaks.
//!
//! A [`Listener`](crate::server::Listener) asks a table who owns a connection:
//!
//! - In the clear, the first bytes decide. Each [`Protocol`] claims the [prefixes](Protocol::prefixes) its connections begin
//!   with. No claim may be the beginning of another, so their order does not matter; what none of them claims is HTTP. The
//!   first byte has to be there within [`ListenOptions::first_byte`](crate::server::ListenOptions), and so have the others
//!   of a claim that fits so far.
//! - `0x16` begins TLS, where it is configured. Inside, the protocol that was agreed on in the handshake
//!   ([ALPN](Protocol::alpn)) decides. The port prefers those that were added first, and HTTP comes last; a peer that knows
//!   nothing of ALPN speaks HTTP.
//! - What comes in the clear although TLS is configured is turned away, unless
//!   [`Plaintext::Also`](crate::server::Plaintext) lets it in.
//!
//! Two protocols that claim the same are an error where the second is added,
//! [`Listener::with_protocol`](crate::server::Listener::with_protocol). A protocol that travels inside HTTP, such as
//! WebSocket, is a route of the HTTP server and no entry here.
//!
//! Whatever a protocol reads off the wire, it hands calls to an [`Inbound`](super::Inbound): [`Inbound::route`] finds the
//! method, [`Inbound::call`] runs it. Here is the serving end of the protocol of lines whose calling end is the example of
//! [`connector`](super::connector):
//!
//! [`Inbound::route`]: super::Inbound::route
//! [`Inbound::call`]: super::Inbound::call
//!
//! ```
//! use std::sync::Arc;
//!
//! use micro::codec::Codec;
//! use micro::rpc::{BoxFuture, EncodedExchange, Call, Payload};
//! use micro::transport::{Accepted, CallHead, Inbound, Protocol};
//! use micro::util::lifecycle::State;
//! use micro::{Context, Result};
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
//!
//! #[derive(Clone)]
//! struct LineProtocol(Arc<dyn Inbound>);
//!
//! impl std::fmt::Debug for LineProtocol {
//!     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
//!         f.write_str("LineProtocol")
//!     }
//! }
//!
//! impl Protocol for LineProtocol {
//!     fn name(&self) -> &'static str {
//!         "line/1"
//!     }
//!
//!     fn prefixes(&self) -> &'static [&'static [u8]] {
//!         &[b"LINE "]
//!     }
//!
//!     fn alpn(&self) -> &'static [&'static [u8]] {
//!         &[b"line/1"]
//!     }
//!
//!     fn serve(&self, connection: Accepted) -> BoxFuture<'_, ()> {
//!         Box::pin(async move {
//!             let (io, lifecycle) = connection.into_parts();
//!             let mut io = BufStream::new(io);
//!             loop {
//!                 let mut path = String::new();
//!                 // A call that has begun is answered; one that has not does not begin once the port drains.
//!                 let begun = tokio::select! {
//!                     read = io.read_line(&mut path) => matches!(read, Ok(count) if count > 0),
//!                     () = lifecycle.wait_for(State::Draining) => false,
//!                 };
//!                 if !begun {
//!                     return;
//!                 }
//!                 let mut message = Vec::new();
//!                 if io.read_until(b'\n', &mut message).await.is_err() || message.pop() != Some(b'\n') {
//!                     return;
//!                 }
//!                 let path = path.trim_start_matches("LINE ").trim_end();
//!                 // `line/1` has no errors: it ends.
//!                 let Ok(mut answer) = self.answer(path, message).await else { return };
//!                 answer.push(b'\n');
//!                 if io.write_all(&answer).await.is_err() || io.flush().await.is_err() {
//!                     return;
//!                 }
//!             }
//!         })
//!     }
//! }
//!
//! impl LineProtocol {
//!     async fn answer(&self, path: &str, message: Vec<u8>) -> Result<Vec<u8>> {
//!         let route = self.0.route(&CallHead { path, service: None, node: None })?;
//!         let mut exchange = EncodedExchange::new(Payload::One(message.into()), Codec::JSON);
//!         let mut call = Call::new(route.name(), route.method(), Context::new(), &mut exchange);
//!         self.0.call(&route, &mut call).await?;
//!         match exchange.into_reply()? {
//!             Payload::One(reply) => Ok(reply.to_vec()),
//!             Payload::Many(_) => Err(micro::Error::unimplemented("`line/1` has no streams")),
//!         }
//!     }
//! }
//!
//! # async fn example(inbound: Arc<dyn Inbound>) -> Result<()> {
//! use micro::server::{ListenOptions, Listener};
//!
//! let listener = Listener::bind("127.0.0.1:0", ListenOptions::default()).await?;
//! let listener = listener.with_protocol(Arc::new(LineProtocol(inbound)))?;
//! # drop(listener);
//! # Ok(()) }
//! ```

use std::fmt;
use std::net::SocketAddr;

use super::io::Io;
use crate::rpc::BoxFuture;
use crate::util::lifecycle::Lifecycle;
#[cfg(doc)]
use crate::util::lifecycle::State;

/// The serving end of a protocol: answers the calls of connections that a port hands to it.
///
/// See the [module](self) for an example.
pub trait Protocol: fmt::Debug + Send + Sync + 'static {
    /// The name of the protocol, as logs have it: `micro/1`.
    fn name(&self) -> &'static str;

    /// The bytes that connections in the clear begin with: any one of these, of 1 to 32 bytes.
    fn prefixes(&self) -> &'static [&'static [u8]] {
        &[]
    }

    /// The ids of the protocol in the handshake of TLS, the preferred one first: `h2`.
    fn alpn(&self) -> &'static [&'static [u8]] {
        &[]
    }

    /// Serves a connection until it ends. What was looked at of it is still to be read.
    ///
    /// The connection's life cycle says how to go on: in [`LameDuck`](State::LameDuck) clients are asked to go elsewhere, where the
    /// protocol can say so; from [`Draining`](State::Draining) on no new calls are taken, and the connection ends behind the last open
    /// one. Dropping the future closes the connection and drops the handlers of its calls: that happens when the time for
    /// draining is up.
    fn serve(&self, connection: Accepted) -> BoxFuture<'_, ()>;
}

/// A connection that a port has accepted, and what is known of it.
#[derive(Debug)]
pub struct Accepted {
    io: Io,
    peer: SocketAddr,
    lifecycle: Lifecycle,
}

impl Accepted {
    /// A connection of `peer` over `io`, on a port that follows `lifecycle`.
    pub fn new(io: Io, peer: SocketAddr, lifecycle: Lifecycle) -> Self {
        Accepted { io, peer, lifecycle }
    }

    /// The address of the client.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Returns `true` if the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.io.is_tls()
    }

    /// The protocol that was agreed on in the handshake of TLS.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.io.alpn()
    }

    /// The connection to read and write, and the life cycle of the port. Dropping the first closes it without losing what
    /// was written last.
    pub fn into_parts(self) -> (Io, Lifecycle) {
        (self.io, self.lifecycle)
    }
}
