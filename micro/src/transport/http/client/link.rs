//! One connection to a server.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use super::ClientOptions;
use super::fate::{self, Shape};
use super::frames::Outgoing;
use crate::errors::{Error, Result};
use crate::transport::http::coalesce::WINDOW;
use crate::transport::http::counted::{Counted, Seen};
use crate::transport::http::gathered::{Busy, Calls, Gathered};
use crate::transport::http::metadata::HEADERS;
use crate::transport::http::tasks::Tasks;
use crate::util::spawn::{self, Task};
use crate::util::{clock, net};

/// How many calls we put on a connection at most, whatever the server allows.
const MOST: usize = 1_000;

/// A connection that is up: the server has been heard on it.
pub(super) struct Link {
    // Gone once the connection has ended: a request that reaches hyper's queue while that is being dropped would wait until
    // the last sender goes.
    sender: Mutex<Option<SendRequest<Outgoing>>>,
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
        options: &ClientOptions,
        ended: impl FnOnce() + Send + 'static,
    ) -> Result<Arc<Link>> {
        let limit = options.connect_timeout;
        match clock::timeout(limit, Self::connect(address, options, ended)).await {
            Ok(opened) => opened,
            Err(_) => Err(fate::not_sent(format!("no connection to `{address}` within {limit:?}"))),
        }
    }

    async fn connect(
        address: &str,
        options: &ClientOptions,
        ended: impl FnOnce() + Send + 'static,
    ) -> Result<Arc<Link>> {
        let refused = |error: std::io::Error| {
            fate::not_sent(format!("cannot connect to `{address}`: {}", error.kind())).from_source(error)
        };
        let broken = |error: Option<hyper::Error>| {
            let told = fate::not_sent(format!("`{address}` closed the connection before it said anything in HTTP/2"));
            match error {
                Some(error) => told.from_source(error),
                None => told,
            }
        };
        let stream = net::connect(address).await.map_err(refused)?;
        let seen = Arc::new(Seen::new(1));
        let calls = Calls::default();
        let io = TokioIo::new(Gathered::new(Counted::new(stream, seen.clone()), calls.clone()));
        let (sender, connection) = http2::Builder::new(Tasks)
            .timer(TokioTimer::new())
            .keep_alive_interval(options.keepalive)
            .keep_alive_timeout(options.keepalive / 2)
            .max_header_list_size(HEADERS)
            .initial_connection_window_size(WINDOW)
            .handshake(io)
            .await
            .map_err(|error| broken(Some(error)))?;
        let mut connection = Box::pin(connection);
        tokio::select! {
            // The connection first: it must have read what was seen, which is the server's settings.
            biased;
            over = &mut connection => return Err(broken(over.err())),
            () = seen.enough() => {}
        }
        let most = slots(connection.current_max_send_streams());
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
            let mut waiting = true;
            let over = loop {
                tokio::select! {
                    over = &mut connection => break over,
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
            ended();
        });
        let _ = link.driver.set(driver);
        Ok(link)
    }

    /// Whether new calls may be put on it.
    pub(super) fn is_usable(&self) -> bool {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        !self.retired.load(Ordering::Relaxed) && sender.as_ref().is_some_and(|sender| !sender.is_closed())
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

    /// Sends a request and waits for the head of its response. Dropping the future resets the call.
    ///
    /// # Errors
    ///
    /// What happened, with whether the call can have run.
    pub(super) async fn send(&self, request: Request<Outgoing>, shape: Shape) -> Result<Response<Incoming>> {
        let link = &self.link;
        link.sent.fetch_add(1, Ordering::Relaxed);
        let sending = {
            let mut sender = link.sender.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(sender) = sender.as_mut() else { return Err(ended()) };
            sender.try_send_request(request)
        };
        sending.await.map_err(|mut error| {
            if error.take_message().is_some() {
                link.retire();
                return ended().from_source(error.into_error());
            }
            let error = error.into_error();
            if !fate::spares_connection(&error) {
                link.retire();
            }
            fate::before_headers(error, shape)
        })
    }
}

fn ended() -> Error {
    fate::not_sent("the connection ended before the call was sent".to_owned())
}

// Below the server's limit: a call that hyper keeps waiting for a stream fails as unknown when the server goes away.
fn slots(allowed: usize) -> usize {
    let most = allowed.min(MOST);
    (most - most / 8).max(1)
}

fn retire(link: &Weak<Link>) {
    let Some(link) = link.upgrade() else { return };
    link.retire();
    // With the last sender hyper ends the connection, once its calls have.
    link.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Completes when the connection had no call for `idle`.
async fn unused(link: Weak<Link>, idle: std::time::Duration) {
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
