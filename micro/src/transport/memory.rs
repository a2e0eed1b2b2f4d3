//! Calls between apps of one process that are to behave as if they were apart: messages are encoded, contexts are carried
//! over as a wire would, and there are no sockets. It is the reference for every transport, and works under paused time.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use tokio::sync::watch;

use super::{Arrival, Inbound, Outbound, Request, Streams};
use crate::context::{Context, Peer};
use crate::errors::{Error, Fate, Result};
use crate::rpc::{BoxFuture, BytesExchange, Call, Payload, Streaming};
use crate::util::clock;

/// A network within the process: who serves on it has an address of it. Cloning it gives the same network.
#[derive(Clone, Default)]
pub struct Network(Arc<Shared>);

#[derive(Default)]
struct Shared {
    next: AtomicU16,
    doors: Mutex<HashMap<String, Arc<Open>>>,
}

/// One address, while it is served.
struct Open {
    inbound: Arc<dyn Inbound>,
    in_flight: watch::Sender<usize>,
}

/// An address on a [`Network`]. Dropping it closes it: calls that run finish, and no others come.
#[derive(Debug)]
pub struct Door {
    network: Network,
    port: u16,
}

impl Network {
    /// An empty network.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves `inbound` at an address that is free.
    pub fn serve(&self, inbound: Arc<dyn Inbound>) -> Door {
        let port = self.0.next.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let open = Arc::new(Open { inbound, in_flight: watch::Sender::new(0) });
        self.doors().insert(address(port), open);
        Door { network: self.clone(), port }
    }

    fn doors(&self) -> MutexGuard<'_, HashMap<String, Arc<Open>>> {
        self.0.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door {
    /// The port; its host is always `127.0.0.1`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Takes no more calls, and waits for those that run.
    pub async fn drain(self) {
        let open = self.network.doors().remove(&address(self.port));
        if let Some(open) = open {
            // The sender lives in `open`, so the wait ends with the count alone.
            drop(open.in_flight.subscribe().wait_for(|count| *count == 0).await);
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.network.doors().remove(&address(self.port));
    }
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

impl Outbound for Network {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        Box::pin(async move {
            let open = self.doors().get(request.to.address).cloned();
            let open = open.ok_or_else(|| {
                Error::unavailable(format!("nobody serves at `{}`", request.to.address)).with_fate(Fate::Never)
            })?;
            let running = Running::begin(&open);
            let arrival = Arrival {
                path: request.method.path,
                service: Some(request.service).filter(|service| !service.is_empty()),
                node: request.to.node,
            };
            // A refusal travels with its fate; whatever a handler answers does not.
            let route = open.inbound.route(&arrival).map_err(|error| travelled(&error).with_fate(error.fate()))?;
            let route = route.shaped(match request.payload {
                Payload::One(_) => Streams::Neither,
                Payload::Many(_) => Streams::Both,
            });
            let context = context(request.context);
            let mut exchange = BytesExchange::new(request.payload, request.codec);
            let mut call = Call::new(route.name(), route.method(), context.clone(), &mut exchange);
            let run = open.inbound.call(&route, &mut call);
            let outcome = match context.deadline() {
                Some(deadline) => {
                    clock::timeout_at(deadline, run).await.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
                }
                None => run.await,
            };
            request.context.received(context.reply_headers(), context.reply_trailers());
            outcome.map_err(|error| travelled(&error))?;
            Ok(match exchange.into_reply()? {
                Payload::One(bytes) => Payload::One(bytes),
                Payload::Many(items) => Payload::Many(Streaming::new(items.map(move |item| {
                    let _until_the_stream_ends = &running;
                    item.map_err(|error| travelled(&error))
                }))),
            })
        })
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Network({} addresses)", self.doors().len())
    }
}

/// What of a caller's context crosses a wire.
fn context(caller: &Context) -> Context {
    let mut context = Context::new().with_metadata(caller.metadata().clone()).with_peer(Peer::Remote("memory".into()));
    if let Some(trace) = caller.trace() {
        context = context.with_trace(trace);
    }
    match caller.deadline() {
        Some(deadline) => context.with_deadline(deadline),
        None => context,
    }
}

/// What of an error crosses a wire.
fn travelled(error: &Error) -> Error {
    let fresh = Error::new(error.code(), error.message().to_owned());
    error.details().iter().cloned().fold(fresh, Error::with_detail)
}

/// A call that runs, for as long as its future or its stream lives.
struct Running(Arc<Open>);

impl Running {
    fn begin(open: &Arc<Open>) -> Self {
        open.in_flight.send_modify(|count| *count += 1);
        Running(open.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.in_flight.send_modify(|count| *count -= 1);
    }
}
