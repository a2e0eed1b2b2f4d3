//! The answering end.

mod call;
mod connection;
mod in_flight;
mod inline_budget;
mod method_table;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;

use connection::ServerConnection;
use in_flight::InFlightCalls;

use super::driver::{ConnectionDriver, ConnectionEnd, wake};
use super::handshake::{self, ConnectionSettings, HandshakeError};
use super::shared_connection::SharedConnection;
use super::{NAME, socket};
use crate::rpc::BoxFuture;
use crate::transport::{Accepted, Dispatcher, Inbound, Protocol};
use crate::util::clock;
use crate::util::lifecycle::State;
use crate::util::net::OwnedReadHalf;

/// Timeout of the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Time a closing connection waits for its peer to close too.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers `micro/1` on any connection it is given.
///
/// Cloning it is cheap and gives the same server.
#[derive(Clone)]
pub struct NativeServer {
    dispatcher: Dispatcher,
    options: Arc<NativeServerOptions>,
}

/// Options of a [`NativeServer`].
#[derive(Clone, Debug)]
pub struct NativeServerOptions {
    /// Maximum size of a message, in bytes. Default: 4 MiB.
    pub message_limit: usize,
    /// Maximum number of open calls of one connection. Default: 1,024.
    pub calls: u32,
    /// Number of bytes of a stream that may wait for a handler to read them. Default: 256 KiB.
    pub window: u32,
    /// After what silence a peer is asked whether it is still there: 20 s. It has half of that to answer.
    pub keepalive: Duration,
}

impl Default for NativeServerOptions {
    fn default() -> Self {
        let settings = ConnectionSettings::default();
        NativeServerOptions {
            message_limit: settings.message as usize,
            calls: settings.calls,
            window: settings.window,
            keepalive: Duration::from_secs(20),
        }
    }
}

impl NativeServer {
    /// A server that asks `inbound`.
    pub fn new(inbound: Arc<dyn Inbound>, options: NativeServerOptions) -> Self {
        NativeServer { dispatcher: Dispatcher::new(inbound), options: Arc::new(options) }
    }

    async fn serve_connection(&self, connection: Accepted) {
        let peer = connection.peer();
        let (io, lifecycle) = connection.into_parts();
        let (mut reading, writing) = socket::halves(io);
        let (ours, mut buffer) = (self.settings(), BytesMut::new());
        let opened = clock::timeout(HANDSHAKE_TIMEOUT, async {
            let preface = handshake::preface(&mut reading, &mut buffer).await;
            let mut own = Vec::new();
            ours.put(&mut own);
            // A peer with another version learns which one is spoken here.
            if !matches!(preface, Err(HandshakeError::Gone(_))) {
                reading.send(&own).await.map_err(|error| HandshakeError::Gone(Some(error)))?;
            }
            preface?;
            handshake::hello(&mut reading, &mut buffer).await
        });
        let theirs = match opened.await {
            Ok(Ok(theirs)) => theirs,
            other => return tracing::debug!(%peer, "connection closed: {other:?} in the place of `micro/1`"),
        };
        let shared = Arc::new(SharedConnection::new(writing, ours, theirs, InFlightCalls::default()));
        let connection = ServerConnection::new(
            self.dispatcher.clone(),
            shared.clone(),
            peer,
            Box::pin(async move { lifecycle.wait_for(State::Draining).await }),
        );
        let _jobs = CancelAll(shared.clone());
        let mut driver = ConnectionDriver::new(connection, shared.clone(), reading, buffer, self.options.keepalive);
        match driver.run().await {
            ConnectionEnd::Finished | ConnectionEnd::Lost(None) => {}
            ConnectionEnd::Lost(Some(error)) => tracing::debug!(%peer, %error, "connection lost"),
            ConnectionEnd::Violated(violation) => tracing::debug!(%peer, %violation, "connection closed"),
        }
        let (_, reading) = driver.into_parts();
        end(&shared);
        linger(reading.into_tcp()).await;
    }

    fn settings(&self) -> ConnectionSettings {
        let message = u32::try_from(self.options.message_limit).unwrap_or(u32::MAX / 2).min(u32::MAX / 2);
        ConnectionSettings {
            message,
            calls: self.options.calls,
            window: self.options.window,
            ..ConnectionSettings::default()
        }
    }
}

impl Protocol for NativeServer {
    fn name(&self) -> &'static str {
        NAME
    }

    // No other protocol of the port begins with a zero, and peers of other versions are told which one is spoken here.
    fn prefixes(&self) -> &'static [&'static [u8]] {
        &[b"\0"]
    }

    fn alpn(&self) -> &'static [&'static [u8]] {
        const IDS: &[&[u8]] = &[NAME.as_bytes()];
        IDS
    }

    fn serve(&self, connection: Accepted) -> BoxFuture<'_, ()> {
        Box::pin(self.serve_connection(connection))
    }
}

/// Reads until the peer has closed too. A socket that is closed with bytes unread makes the peer forget what it has not read
/// yet: the last answers, and why the connection ended.
async fn linger(mut reading: OwnedReadHalf) {
    let ended = async {
        // On the heap: a connection would carry it within itself from its beginning.
        let mut unread = vec![0_u8; 4096];
        while matches!(reading.read(&mut unread).await, Ok(count) if count > 0) {}
    };
    drop(clock::timeout(LINGER_TIMEOUT, ended).await);
}

/// Closes the writing side, and drops whatever handlers still run.
fn end(shared: &SharedConnection<InFlightCalls>) {
    let (wakers, in_flight) = shared.with(|queue, in_flight| (queue.close(), in_flight.take()));
    wake(wakers);
    drop(in_flight);
}

/// The handlers of a connection end with it, however it ends.
struct CancelAll(Arc<SharedConnection<InFlightCalls>>);

impl Drop for CancelAll {
    fn drop(&mut self) {
        end(&self.0);
    }
}

impl fmt::Debug for NativeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeServer").field("options", &self.options).finish_non_exhaustive()
    }
}
