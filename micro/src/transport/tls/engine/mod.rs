//! TLS by `rustls`, with the cryptography of `ring`.

mod client;
mod parse;
mod reason;
mod reload;
mod server;
mod session;
mod stream;
mod variants;

use std::sync::Arc;

use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

pub(super) use client::{TlsClient, check};
pub(in crate::transport) use reason::reason;
pub(super) use server::TlsServer;
pub(crate) use session::TlsSession;
pub(in crate::transport) use session::{Reading, Writing, halves};
pub(crate) use stream::Stream;

/// Named wherever it is needed, so that it does not matter what else in the program uses `rustls`, and how.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
