//! The answering end.

mod agreed;
mod call;
mod connection;
mod jobs;
mod pace;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;

use connection::Connection;
use jobs::Jobs;

use super::driver::{Driver, Ended, wake};
use super::hello::{self, Terms, Unheard};
use super::link::Link;
use super::{NAME, socket};
use crate::rpc::BoxFuture;
use crate::transport::{Accepted, Dispatcher, Inbound, Protocol};
use crate::util::clock;
use crate::util::lifecycle::State;
use crate::util::net::OwnedReadHalf;

/// How long a peer may take to say what it speaks.
const OPENING: Duration = Duration::from_secs(5);
/// How long a closing connection waits for its peer to close too.
const LINGER: Duration = Duration::from_secs(1);

/// Answers `micro/1` on any connection it is given.
///
/// Cloning it is cheap and gives the same server.
#[derive(Clone)]
pub struct NativeServer {
    dispatcher: Dispatcher,
    options: Arc<ServerOptions>,
}

/// How a [`NativeServer`] answers.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// What one message may hold, in bytes: 4 MiB.
    pub message_limit: usize,
    /// How many calls one connection may have open: 1,024.
    pub calls: u32,
    /// How many bytes of a stream may wait for a handler to read them: 256 KiB.
    pub window: u32,
    /// After what silence a peer is asked whether it is still there: 20 s. It has half of that to answer.
    pub keepalive: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        let terms = Terms::default();
        ServerOptions {
            message_limit: terms.message as usize,
            calls: terms.calls,
            window: terms.window,
            keepalive: Duration::from_secs(20),
        }
    }
}

impl NativeServer {
    /// A server that asks `inbound`.
    pub fn new(inbound: Arc<dyn Inbound>, options: ServerOptions) -> Self {
        NativeServer { dispatcher: Dispatcher::new(inbound), options: Arc::new(options) }
    }

    async fn serve_connection(&self, connection: Accepted) {
        let peer = connection.peer();
        let (io, lifecycle) = connection.into_parts();
        let (mut reading, writing) = socket::halves(io);
        let (ours, mut buffer) = (self.terms(), BytesMut::new());
        let opened = clock::timeout(OPENING, async {
            let preface = hello::preface(&mut reading, &mut buffer).await;
            let mut own = Vec::new();
            ours.put(&mut own);
            // Whoever speaks another version learns which one is spoken here.
            if !matches!(preface, Err(Unheard::Gone(_))) {
                reading.send(&own).await.map_err(|error| Unheard::Gone(Some(error)))?;
            }
            preface?;
            hello::hello(&mut reading, &mut buffer).await
        });
        let theirs = match opened.await {
            Ok(Ok(theirs)) => theirs,
            other => return tracing::debug!(%peer, "connection closed: {other:?} in the place of `micro/1`"),
        };
        let link = Arc::new(Link::new(writing, ours, theirs, Jobs::default()));
        let connection = Connection::new(
            self.dispatcher.clone(),
            link.clone(),
            peer,
            Box::pin(async move { lifecycle.wait_for(State::Draining).await }),
        );
        let _jobs = EndJobs(link.clone());
        let mut driver = Driver::new(connection, link.clone(), reading, buffer, self.options.keepalive);
        match driver.run().await {
            Ended::Finished | Ended::Lost(None) => {}
            Ended::Lost(Some(error)) => tracing::debug!(%peer, %error, "connection lost"),
            Ended::Violated(violation) => tracing::debug!(%peer, %violation, "connection closed"),
        }
        let (_, reading) = driver.into_parts();
        end(&link);
        linger(reading.into_tcp()).await;
    }

    fn terms(&self) -> Terms {
        let message = u32::try_from(self.options.message_limit).unwrap_or(u32::MAX / 2).min(u32::MAX / 2);
        Terms { message, calls: self.options.calls, window: self.options.window, ..Terms::default() }
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
    drop(clock::timeout(LINGER, ended).await);
}

/// Closes the writing side, and drops whatever handlers still run.
fn end(link: &Link<Jobs>) {
    let (wakers, jobs) = link.with(|queue, jobs| (queue.close(), jobs.take()));
    wake(wakers);
    drop(jobs);
}

/// The handlers of a connection end with it, however it ends.
struct EndJobs(Arc<Link<Jobs>>);

impl Drop for EndJobs {
    fn drop(&mut self) {
        end(&self.0);
    }
}

impl fmt::Debug for NativeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeServer").field("options", &self.options).finish_non_exhaustive()
    }
}
