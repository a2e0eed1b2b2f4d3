//! `micro/1`: what micro processes speak among themselves.
//!
//! [`NativeServer`] answers it for one [`Inbound`](super::Inbound): it is the [`Protocol`](super::Protocol) of connections
//! that begin with a zero, on the port that also speaks HTTP. [`NativeConnector`] connects to nodes that list it, and says so
//! when a peer does not speak it; [`NativeClient`] calls with it alone. The protocol is written down in `PROTOCOL.md`, beside
//! this file.
//!
//! What makes it quick is that little happens per call. Frames are encoded straight into one queue per connection, and
//! written together; what is read at once is handled at once; and a handler that has all it needs answers where its call was
//! read, without a task. One task drives a connection (`driver`); all others reach it through the queue (`shared_connection`).

mod client;
mod driver;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod handshake;
mod id_hasher;
mod incoming;
mod keepalive;
mod metadata;
mod outgoing;
mod protocol_error;
mod request;
mod response;
mod server;
mod shared_connection;
mod socket;
mod wire;

pub use client::{NativeClient, NativeClientOptions, NativeConnector};
pub use server::{NativeServer, NativeServerOptions};

/// Value of a node's `wire` metadata that lists this protocol.
pub const NAME: &str = "micro/1";
