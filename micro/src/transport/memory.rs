//! Calls between apps of one process that are to behave as if they were apart: messages are encoded, contexts are carried
//! over as a wire would, and there are no sockets. It is the reference for every transport, and works under paused time.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::watch;

use super::{CallHead, CallShape, Dispatcher, Inbound, Outbound, Request, not_run};
use crate::context::{Context, IncomingCall, Peer};
use crate::errors::{Error, Result};
use crate::metadata::Metadata;
use crate::rpc::{BoxFuture, Payload, Streaming, nesting};

/// Maximum number of calls polled within one another on one stack. They take about 40 KiB each in a debug build, because the
/// client is on the stack too.
const MAX_STACKED: u32 = 4;

/// A network within the process: who serves on it has an address of it. Cloning it gives the same network.
#[derive(Clone, Default)]
pub struct Network(Arc<Shared>);

#[derive(Default)]
struct Shared {
    next: AtomicU16,
    listeners: Mutex<HashMap<String, Arc<Listening>>>,
}

/// One address, while it is served.
struct Listening {
    inbound: Arc<dyn Inbound>,
    in_flight: watch::Sender<usize>,
}

/// An address on a [`Network`]. Dropping it closes it: calls that run finish, and no others come.
#[derive(Debug)]
pub struct MemoryListener {
    network: Network,
    port: u16,
}

impl Network {
    /// An empty network.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves `inbound` at an address that is free.
    pub fn serve(&self, inbound: Arc<dyn Inbound>) -> MemoryListener {
        let port = self.0.next.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let open = Arc::new(Listening { inbound, in_flight: watch::Sender::new(0) });
        self.listeners().insert(address(port), open);
        MemoryListener { network: self.clone(), port }
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<String, Arc<Listening>>> {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryListener {
    /// The port; its host is always `127.0.0.1`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Takes no more calls, and waits for those that run.
    pub async fn drain(self) {
        let open = self.network.listeners().remove(&address(self.port));
        if let Some(open) = open {
            // The sender lives in `open`, so the wait ends with the count alone.
            drop(open.in_flight.subscribe().wait_for(|count| *count == 0).await);
        }
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.network.listeners().remove(&address(self.port));
    }
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

impl Outbound for Network {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        Box::pin(async move {
            let open = self.listeners().get(request.to.address).cloned();
            let open =
                open.ok_or_else(|| not_run(Error::unavailable(format!("nobody serves at `{}`", request.to.address))))?;
            let running = MemoryCall::begin(&open);
            let arrival = CallHead {
                path: request.method.path,
                service: Some(request.service).filter(|service| !service.is_empty()),
                node: request.to.node,
            };
            let shape = match request.payload {
                Payload::One(_) => CallShape::Neither,
                Payload::Many(_) => CallShape::Both,
            };
            let dispatcher = Dispatcher::new(open.inbound.clone());
            // A refusal travels with its fate; whatever a handler answers does not.
            let route = dispatcher.route(&arrival, shape).map_err(|error| not_run(travelled(&error)))?;
            let dispatch = dispatcher.begin(route, incoming(request.context));
            let (caller, context) = (request.context.clone(), dispatch.context().clone());
            let run = dispatch.run(request.codec, std::future::ready(Ok(request.payload)));
            let outcome = if nesting::is_deep(MAX_STACKED) { nesting::off_stack(run).await } else { run.await };
            caller.received(context.take_reply_headers(), Metadata::new());
            Ok(match outcome {
                Ok(Payload::Many(items)) => {
                    Payload::Many(Streaming::new(MemoryReplies { items, context, caller, _running: running }))
                }
                other => {
                    caller.received(Metadata::new(), context.take_reply_trailers());
                    other.map_err(|error| travelled(&error))?
                }
            })
        })
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Network({} addresses)", self.listeners().len())
    }
}

/// Returns the part of a caller's context that crosses a wire.
fn incoming(caller: &Context) -> IncomingCall {
    IncomingCall {
        peer: Some(Peer::Remote("memory".into())),
        wire: None,
        trace: caller.trace(),
        timeout: caller.remaining(),
        metadata: caller.metadata().clone(),
    }
}

/// The replies of a call as they cross a wire, and behind the last of them the trailers.
struct MemoryReplies {
    items: Streaming<Bytes>,
    context: Context,
    caller: Context,
    _running: MemoryCall,
}

impl Stream for MemoryReplies {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.items).poll_next(cx));
        if !matches!(item, Some(Ok(_))) {
            self.caller.received(Metadata::new(), self.context.take_reply_trailers());
        }
        Poll::Ready(item.map(|item| item.map_err(|error| travelled(&error))))
    }
}

/// Returns the part of an error that crosses a wire.
fn travelled(error: &Error) -> Error {
    let fresh = Error::new(error.code(), error.message().to_owned());
    error.details().iter().cloned().fold(fresh, Error::with_detail)
}

/// A call that runs, for as long as its future or its stream lives.
struct MemoryCall(Arc<Listening>);

impl MemoryCall {
    fn begin(open: &Arc<Listening>) -> Self {
        open.in_flight.send_modify(|count| *count += 1);
        MemoryCall(open.clone())
    }
}

impl Drop for MemoryCall {
    fn drop(&mut self) {
        self.0.in_flight.send_modify(|count| *count -= 1);
    }
}
