//! TLS, below every wire: what a port shows, and whom a client believes.
//!
//! A [`ServerTls`] is given to a [`Listener`](crate::server::Listener), which then speaks `micro/1`, HTTP/2 and HTTP/1.1 inside
//! TLS, on the same port; the peers agree on one of them in the handshake (ALPN). A [`ClientTls`] is among the options of
//! [`NativeClient`](super::native::NativeClient) and [`HttpClient`](super::http::HttpClient); each [`Request`](super::Request)
//! says with [`TlsMode`] whether it is used. Nothing that is to be encrypted is ever sent in the clear.
//!
//! It is TLS 1.3 by `rustls` with the cryptography of `ring`, and takes the feature `tls`: without it everything here is there,
//! and says so when it is used (`without`). What is in files is read again when these change.

mod alpn;
mod client;
mod mode;
mod pem;
mod server;

#[cfg(feature = "tls")]
mod engine;
#[cfg(not(feature = "tls"))]
#[path = "disabled.rs"]
mod engine;

pub use alpn::Alpn;
pub use client::ClientTls;
pub use mode::TlsMode;
pub use pem::{Pem, TlsIdentity};
pub use server::ServerTls;

pub(in crate::transport) use engine::{Reading, Writing, halves, reason};
pub(crate) use engine::{Stream, TlsSession};
