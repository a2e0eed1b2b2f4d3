//! One connection to a server.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use h2::client::SendRequest;
use h2::{Ping, PingPong, RecvStream};
use http::uri::Authority;
use http::{Request, Response};

use super::compression::Compression;
use super::frames::{Outgoing, RequestStreamGuard};
use super::h2_errors;
use super::options::HttpClientOptions;
use super::socket::{Socket, Why};
use crate::errors::{Error, Execution, Result};
use crate::transport::http::counting_io::{CountingIo, ReadCounter};
use crate::transport::http::frame_coalescing::CONNECTION_WINDOW;
use crate::transport::http::framing::FramePiece;
use crate::transport::http::metadata::MAX_HEADERS;
use crate::transport::http::write_coalescing::{CoalescingIo, InFlight, InFlightGuard};
use crate::transport::tls::TlsMode;
use crate::transport::{ConnectError, ConnectionStats, Dialer, Permit, not_sent};
use crate::util::clock;
use crate::util::spawn::{self, Task};

/// Maximum number of calls on one connection, whatever the server allows.
const MAX_UNPROVEN: usize = 1_000;
/// Receive window of a stream,
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
/// and what of one may wait to be sent.
const SEND_BUFFER: usize = 1024 * 1024;

/// Of so many calls that were given up within a second an answer may still come and is passed over.
const GIVEN_UP: usize = 8 * MAX_UNPROVEN;
/// So many frames may come for calls given up before those. h2 counts them for as long as the connection lasts, and then ends it
/// with all its calls.
const MAX_IGNORED_BYTES: usize = 64 * 1024;

/// From so many calls on every connection a further one is worth its while.
const CALLS_PER_CONNECTION: usize = 8;

/// A connection that is up: the server has been heard on it.
pub(super) struct HttpConnection {
    pub(super) authority: Authority,
    pub(super) secure: bool,
    pub(super) message_limit: usize,
    pub(super) compression: Compression,
    pub(super) stats: Arc<ConnectionStats>,
    // Gone once the connection is to end: with the last sender and the last call it does.
    sender: Mutex<Option<SendRequest<FramePiece>>>,
    calls: InFlight,
    // What drives the connection. It ends with it.
    driver: OnceLock<Task<()>>,
}

/// A call on a connection. Held until its answer has been read, it keeps the connection up.
pub(super) struct StreamPermit {
    connection: Arc<HttpConnection>,
    _permit: Permit,
    _busy: InFlightGuard,
}

/// Connects to `address` and waits for the server's first byte; before that nothing is known to have arrived.
pub(super) async fn open(
    dialer: &Dialer,
    options: &HttpClientOptions,
    compression: &Compression,
    address: &str,
    security: TlsMode,
) -> Result<Arc<HttpConnection>, ConnectError> {
    let authority = address.parse().map_err(|error| {
        let words = format!("`{address}` is not a `host:port` address: {error}");
        ConnectError::Unreachable(Error::invalid_argument(words).with_execution(Execution::NotStarted))
    })?;
    let opened =
        clock::timeout(dialer.timeout(), connect(dialer, options, compression, address, authority, security)).await;
    opened.unwrap_or_else(|_| Err(ConnectError::Unreachable(dialer.late(address))))
}

async fn connect(
    dialer: &Dialer,
    options: &HttpClientOptions,
    compression: &Compression,
    address: &str,
    authority: Authority,
    security: TlsMode,
) -> Result<Arc<HttpConnection>, ConnectError> {
    let why = Why::default();
    let broken = |error: Option<h2::Error>| {
        if let Some(why) = why.get() {
            return ConnectError::Refused(not_sent(format!("no TLS with `{address}`: {why}")));
        }
        let told = not_sent(format!("`{address}` closed the connection before it said anything in HTTP/2"));
        ConnectError::Unreachable(match error {
            Some(error) => told.with_source(error),
            None => told,
        })
    };
    let socket = Socket::new(dialer.dial(address, security).await?, why.clone());
    let seen = Arc::new(ReadCounter::new(1));
    let calls = InFlight::default();
    let io = CoalescingIo::new(CountingIo::new(socket, seen.clone()), calls.clone());
    let (sender, mut driver) = h2::client::Builder::new()
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEADERS)
        .max_send_buffer_size(SEND_BUFFER)
        .max_concurrent_reset_streams(GIVEN_UP)
        .max_local_error_reset_streams(Some(MAX_IGNORED_BYTES))
        .handshake::<_, FramePiece>(io)
        .await
        .map_err(|error| broken(Some(error)))?;
    let pings = driver.ping_pong();
    let mut driver = Box::pin(driver);
    tokio::select! {
        // The connection first: it must have read what was seen, which is the server's settings.
        biased;
        over = &mut driver => return Err(broken(over.err())),
        () = seen.enough() => {}
    }
    let stats = Arc::new(ConnectionStats::limited(streams(driver.max_concurrent_send_streams()), CALLS_PER_CONNECTION));
    let silence = silence(pings, seen, calls.clone(), options.keepalive);
    let connection = Arc::new(HttpConnection {
        authority,
        secure: security.is_tls(),
        message_limit: options.message_limit,
        compression: compression.clone(),
        stats,
        sender: Mutex::new(Some(sender)),
        calls,
        driver: OnceLock::new(),
    });
    let guard = CloseOnDrop { stats: connection.stats.clone(), connection: Arc::downgrade(&connection) };
    let driving = spawn::spawn(async move {
        let mut silence = std::pin::pin!(silence);
        let over = tokio::select! {
            over = &mut driver => over,
            () = silence.as_mut() => {
                tracing::debug!("connection given up: the peer does not answer");
                Ok(())
            }
        };
        if let Err(error) = over {
            tracing::debug!(%error, "connection lost");
        }
        guard.leave();
        // Its calls fail with it.
        drop(driver);
    });
    let _ = connection.driver.set(driving);
    Ok(connection)
}

/// Says that the connection is over, however its driver ends.
struct CloseOnDrop {
    stats: Arc<ConnectionStats>,
    connection: Weak<HttpConnection>,
}

impl CloseOnDrop {
    fn leave(&self) {
        if let Some(connection) = self.connection.upgrade() {
            connection.leave();
        }
    }
}

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.leave();
        self.stats.close();
    }
}

impl HttpConnection {
    /// Lets calls in flight finish and takes no more: the connection ends with the last of them.
    pub(super) fn leave(&self) {
        self.stats.retire();
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn sender(&self) -> Option<SendRequest<FramePiece>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl StreamPermit {
    pub(super) fn new(connection: Arc<HttpConnection>, permit: Permit) -> Self {
        let busy = connection.calls.one_more();
        StreamPermit { connection, _permit: permit, _busy: busy }
    }

    /// Sends a request and waits for the head of its response. Dropping the future resets the call, and dropping the hold
    /// breaks off a stream of requests.
    ///
    /// # Errors
    ///
    /// What happened, with whether the call can have run.
    pub(super) async fn send(
        &self,
        request: Request<()>,
        body: Outgoing,
    ) -> Result<(Response<RecvStream>, Option<RequestStreamGuard>)> {
        let connection = &self.connection;
        let unsent = |error: h2::Error| {
            connection.stats.retire();
            ended().with_source(error)
        };
        let mut sender = connection.sender().ok_or_else(ended)?.ready().await.map_err(unsent)?;
        let (response, stream) = sender.send_request(request, false).map_err(unsent)?;
        let (shape, hold) = (body.shape(), body.send(stream));
        let response = response.await.map_err(|error| {
            if !h2_errors::spares_connection(&error) {
                connection.stats.retire();
            }
            RequestStreamGuard::or(hold.as_ref(), h2_errors::before_headers(error, shape))
        });
        Ok((response?, hold))
    }
}

fn ended() -> Error {
    not_sent("the connection ended before the call was sent")
}

// Below the server's limit: a call that is kept waiting for a stream fails as unknown when the server goes away.
fn streams(allowed: usize) -> usize {
    let most = allowed.min(MAX_UNPROVEN);
    (most - most / 8).max(1)
}

/// Completes when the peer is there no more: nothing came for `interval` while there were calls, nor an answer to a ping.
async fn silence(pings: Option<PingPong>, seen: Arc<ReadCounter>, calls: InFlight, interval: Duration) {
    /// Number of checks within the interval.
    const CHECKS_PER_INTERVAL: u32 = 4;
    let Some(mut pings) = pings else { return std::future::pending().await };
    let (mut before, mut quiet) = (seen.count(), 0);
    loop {
        clock::sleep(interval / CHECKS_PER_INTERVAL).await;
        let count = seen.count();
        quiet = if count == before && calls.count() > 0 { quiet + 1 } else { 0 };
        before = count;
        if quiet == CHECKS_PER_INTERVAL {
            let pong = clock::timeout(interval / 2, pings.ping(Ping::opaque())).await;
            if !matches!(pong, Ok(Ok(_))) {
                return;
            }
            quiet = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_slot_and_never_as_many_as_the_server_allows() {
        assert_eq!([0, 1, 8, 200, usize::MAX].map(streams), [1, 1, 7, 175, 875]);
    }
}
