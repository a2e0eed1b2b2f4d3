//! One connection to a server.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use h2::client::SendRequest;
use h2::{Ping, PingPong, RecvStream};
use http::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use super::ClientOptions;
use super::fate;
use super::frames::{Hold, Outgoing};
use super::socket::{Socket, Why};
use crate::errors::{Error, Result};
use crate::transport::http::coalesce::WINDOW;
use crate::transport::http::counted::{Counted, Seen};
use crate::transport::http::framing::Piece;
use crate::transport::http::gathered::{Busy, Calls, Gathered};
use crate::transport::http::metadata::HEADERS;
use crate::transport::tls::{Inside, Security};
use crate::util::spawn::{self, Task};
use crate::util::{clock, net};

/// How many calls we put on a connection at most, whatever the server allows.
const MOST: usize = 1_000;
/// What a stream may have on its way to us,
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
/// and what of one may wait to be sent.
const SEND_BUFFER: usize = 1024 * 1024;

/// Of so many calls that were given up within a second an answer may still come and is passed over.
const GIVEN_UP: usize = 8 * MOST;
/// So many frames may come for calls given up before those. h2 counts them for as long as the connection lasts, and then ends it
/// with all its calls.
const LATE: usize = 64 * 1024;

/// A connection that is up: the server has been heard on it.
pub(super) struct Link {
    // Gone once the connection is to end: with the last sender and the last call it does.
    sender: Mutex<Option<SendRequest<Piece>>>,
    retired: AtomicBool,
    slots: Arc<Semaphore>,
    most: usize,
    calls: Calls,
    sent: AtomicUsize,
    // What drives the connection. It ends with the link.
    driver: OnceLock<Task<()>>,
}

/// The right to one call on a connection. Held until its answer has been read, it keeps the connection up.
pub(super) struct Slot {
    link: Arc<Link>,
    _permit: OwnedSemaphorePermit,
    _busy: Busy,
}

impl Link {
    /// Connects to `address` and waits for the server's first byte; before that nothing is known to have arrived.
    ///
    /// `ended` is told when the connection is over.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`](crate::Code::Unavailable), and nothing was sent.
    pub(super) async fn open(
        address: &str,
        security: Security,
        options: &ClientOptions,
        ended: impl FnOnce() + Send + 'static,
    ) -> Result<Arc<Link>> {
        options.tls.check(address, security)?;
        let limit = options.connect_timeout;
        match clock::timeout(limit, Self::connect(address, security, options, ended)).await {
            Ok(opened) => opened,
            Err(_) => Err(fate::not_sent(format!("no connection to `{address}` within {limit:?}"))),
        }
    }

    async fn connect(
        address: &str,
        security: Security,
        options: &ClientOptions,
        ended: impl FnOnce() + Send + 'static,
    ) -> Result<Arc<Link>> {
        let refused = |error: std::io::Error| {
            fate::not_sent(format!("cannot connect to `{address}`: {}", error.kind())).from_source(error)
        };
        let why = Why::default();
        let broken = |error: Option<h2::Error>| {
            if let Some(why) = why.get() {
                let told = fate::not_sent(format!("no TLS with `{address}`: {why}"));
                options.tls.refuse(address, security, &told);
                return told;
            }
            let told = fate::not_sent(format!("`{address}` closed the connection before it said anything in HTTP/2"));
            match error {
                Some(error) => told.from_source(error),
                None => told,
            }
        };
        let stream = net::connect(address).await.map_err(refused)?;
        let stream = match security {
            Security::Unencrypted => Socket::Plain(stream),
            _ => Socket::Tls(options.tls.connect(stream, address, security, Inside::Http).await?, why.clone()),
        };
        let seen = Arc::new(Seen::new(1));
        let calls = Calls::default();
        let io = Gathered::new(Counted::new(stream, seen.clone()), calls.clone());
        let (sender, mut connection) = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_header_list_size(HEADERS)
            .max_send_buffer_size(SEND_BUFFER)
            .max_concurrent_reset_streams(GIVEN_UP)
            .max_local_error_reset_streams(Some(LATE))
            .handshake::<_, Piece>(io)
            .await
            .map_err(|error| broken(Some(error)))?;
        let pings = connection.ping_pong();
        let mut connection = Box::pin(connection);
        tokio::select! {
            // The connection first: it must have read what was seen, which is the server's settings.
            biased;
            over = &mut connection => return Err(broken(over.err())),
            () = seen.enough() => {}
        }
        let most = slots(connection.max_concurrent_send_streams());
        let silence = silence(pings, seen, calls.clone(), options.keepalive);
        let link = Arc::new(Link {
            sender: Mutex::new(Some(sender)),
            retired: AtomicBool::new(false),
            slots: Arc::new(Semaphore::new(most)),
            most,
            calls,
            sent: AtomicUsize::new(0),
            driver: OnceLock::new(),
        });
        let (weak, idle) = (Arc::downgrade(&link), options.idle);
        let driver = spawn::spawn(async move {
            let mut unused = std::pin::pin!(unused(weak.clone(), idle));
            let mut silence = std::pin::pin!(silence);
            let mut waiting = true;
            let over = loop {
                tokio::select! {
                    over = &mut connection => break over,
                    () = silence.as_mut() => {
                        tracing::debug!("connection given up: the peer does not answer");
                        break Ok(());
                    }
                    () = unused.as_mut(), if waiting => {
                        waiting = false;
                        retire(&weak);
                    }
                }
            };
            if let Err(error) = over {
                tracing::debug!(%error, "connection lost");
            }
            retire(&weak);
            // Its calls fail with it.
            drop(connection);
            ended();
        });
        let _ = link.driver.set(driver);
        Ok(link)
    }

    /// Whether new calls may be put on it.
    pub(super) fn is_usable(&self) -> bool {
        !self.retired.load(Ordering::Relaxed)
    }

    fn sender(&self) -> Option<SendRequest<Piece>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many calls it could take now.
    pub(super) fn free(&self) -> usize {
        self.slots.available_permits()
    }

    /// How many calls it has.
    pub(super) fn in_use(&self) -> usize {
        self.most.saturating_sub(self.free())
    }

    /// A slot, if one is free.
    pub(super) fn try_slot(self: &Arc<Self>) -> Result<Slot, TryAcquireError> {
        let permit = self.slots.clone().try_acquire_owned()?;
        Ok(Slot::new(self, permit))
    }

    /// A slot, once one is free; `None` when the connection ended first.
    pub(super) async fn slot(self: &Arc<Self>) -> Option<Slot> {
        let permit = self.slots.clone().acquire_owned().await.ok()?;
        Some(Slot::new(self, permit))
    }

    /// Lets calls in flight finish and takes no more.
    fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
        self.slots.close();
    }
}

impl Slot {
    fn new(link: &Arc<Link>, permit: OwnedSemaphorePermit) -> Self {
        Slot { link: link.clone(), _permit: permit, _busy: link.calls.one_more() }
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
    ) -> Result<(Response<RecvStream>, Option<Hold>)> {
        let link = &self.link;
        link.sent.fetch_add(1, Ordering::Relaxed);
        let unsent = |error: h2::Error| {
            link.retire();
            ended().from_source(error)
        };
        let mut sender = link.sender().ok_or_else(ended)?.ready().await.map_err(unsent)?;
        let (response, stream) = sender.send_request(request, false).map_err(unsent)?;
        let (shape, hold) = (body.shape(), body.send(stream));
        let response = response.await.map_err(|error| {
            if !fate::spares_connection(&error) {
                link.retire();
            }
            Hold::or(hold.as_ref(), fate::before_headers(error, shape))
        });
        Ok((response?, hold))
    }
}

fn ended() -> Error {
    fate::not_sent("the connection ended before the call was sent".to_owned())
}

// Below the server's limit: a call that is kept waiting for a stream fails as unknown when the server goes away.
fn slots(allowed: usize) -> usize {
    let most = allowed.min(MOST);
    (most - most / 8).max(1)
}

fn retire(link: &Weak<Link>) {
    let Some(link) = link.upgrade() else { return };
    link.retire();
    link.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Completes when the peer is there no more: nothing came for `interval` while there were calls, nor an answer to a ping.
async fn silence(pings: Option<PingPong>, seen: Arc<Seen>, calls: Calls, interval: Duration) {
    /// How often one looks within the time.
    const LOOKS: u32 = 4;
    let Some(mut pings) = pings else { return std::future::pending().await };
    let (mut before, mut quiet) = (seen.count(), 0);
    loop {
        clock::sleep(interval / LOOKS).await;
        let count = seen.count();
        quiet = if count == before && calls.count() > 0 { quiet + 1 } else { 0 };
        before = count;
        if quiet == LOOKS {
            let pong = clock::timeout(interval / 2, pings.ping(Ping::opaque())).await;
            if !matches!(pong, Ok(Ok(_))) {
                return;
            }
            quiet = 0;
        }
    }
}

/// Completes when the connection had no call for `idle`.
async fn unused(link: Weak<Link>, idle: Duration) {
    let mut before = 0;
    loop {
        clock::sleep(idle).await;
        let Some(link) = link.upgrade() else { return };
        let sent = link.sent.load(Ordering::Relaxed);
        if sent == before && link.in_use() == 0 {
            return;
        }
        before = sent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_slot_and_never_as_many_as_the_server_allows() {
        assert_eq!([0, 1, 8, 200, usize::MAX].map(slots), [1, 1, 7, 175, 875]);
    }
}
