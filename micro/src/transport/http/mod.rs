//! gRPC, gRPC-Web, Connect and plain JSON over HTTP/1.1 and HTTP/2, on one port.
//!
//! [`HttpServer`] answers all of them for one [`Inbound`](super::Inbound), beside the user's own `axum` routes: it is the
//! [`Protocol`](super::Protocol) of connections that nothing else claims. [`HttpConnector`] connects to other processes for
//! gRPC over HTTP/2, whatever they list; [`HttpClient`] calls with it alone.
//!
//! gRPC over HTTP/2 is spoken here on both ends: the framing is five bytes and a few trailers. The calling end so keeps what
//! is known of a failed call, which decides whether it may be repeated, and the serving end passes no router. The other
//! protocols of the serving end are `connectrpc`'s, which passes the conformance suite of Connect; this room adds what stands
//! around them: any codec, routing before dispatch, trailers that a stream sets while it runs, a check of `Host` and
//! `Origin`, timers and a drain that loses no call.

mod client;
mod counting_io;
mod executor;
mod frame_coalescing;
mod framing;
mod metadata;
mod protocol;
mod read_detector;
mod server;
mod status;
mod timeout;
mod write_coalescing;

pub use client::{Compress, HttpClient, HttpClientOptions, HttpConnector};
pub use server::{Hosts, HttpServer, HttpServerOptions};

/// The name of HTTP among protocols and connectors.
pub(super) const NAME: &str = "http";
