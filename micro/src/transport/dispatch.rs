//! Dispatch: the one way in for a call, whatever the protocol.
//!
//! A protocol reads the head of a call and does three things with it: it finds the [`Route`] with [`Dispatcher::route`], says
//! what else it has read with [`Dispatcher::begin`], and runs the [`Dispatch`] that it is given. What every call has in common
//! happens there: the context with its deadline, the idle limit of the server, and a net under panics. The protocol writes the answer: the
//! reply metadata is on [`Dispatch::context`], the headers as soon as there is a reply, the trailers at its end.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, TryFutureExt};

use super::route::{CallShape, Route};
use super::{CallHead, Inbound};
use crate::codec::Codec;
use crate::context::{Context, IncomingCall};
use crate::errors::{Error, Execution, Result};
use crate::rpc::{Call, EncodedExchange, Idle, MethodInfo, Payload};
use crate::util::clock::{self, Instant};

/// Dispatches the calls of a protocol to an [`Inbound`]. Cloning it is cheap.
///
/// ```
/// use bytes::Bytes;
/// use micro::codec::Codec;
/// use micro::context::IncomingCall;
/// use micro::rpc::Payload;
/// use micro::transport::{CallHead, Dispatcher, CallShape};
/// use micro::Result;
///
/// /// Answers one message of a protocol that has read `path` and `body`.
/// async fn answer(dispatcher: &Dispatcher, path: &str, body: Bytes) -> Result<Payload> {
///     let route = dispatcher.route(&CallHead { path, service: None, node: None }, CallShape::Neither)?;
///     let incoming = IncomingCall { wire: Some("carrier pigeon"), ..IncomingCall::default() };
///     let dispatch = dispatcher.begin(route, incoming);
///     let context = dispatch.context().clone();
///     let reply = dispatch.run(Codec::JSON, async { Ok(Payload::One(body)) }).await;
///     println!("headers of the reply: {:?}", context.reply_headers());
///     reply
/// }
/// ```
#[derive(Clone)]
pub struct Dispatcher(Arc<dyn Inbound>);

impl Dispatcher {
    /// A dispatcher to `inbound`.
    pub fn new(inbound: Arc<dyn Inbound>) -> Self {
        Dispatcher(inbound)
    }

    /// Finds what answers a call, before any of its body is read. `shape` counts for calls that only a fallback answers.
    ///
    /// # Errors
    ///
    /// As [`Inbound::route`]. The error says that the method did not run.
    pub fn route(&self, arrival: &CallHead<'_>, shape: CallShape) -> Result<Route> {
        let route = self.0.route(arrival).map_err(not_run)?;
        Ok(route.with_shape(shape))
    }

    /// Begins a call that `route` was found for: from here on its time runs.
    pub fn begin(&self, route: Route, mut incoming: IncomingCall) -> Dispatch {
        // What the caller asks for counts; without it, what the method says.
        incoming.timeout = incoming.timeout.or_else(|| route.method().timeout());
        let context = Context::for_request(incoming, self.0.extensions());
        Dispatch { inbound: self.0.clone(), route, context }
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dispatcher")
    }
}

/// A call that has begun.
pub struct Dispatch {
    inbound: Arc<dyn Inbound>,
    route: Route,
    context: Context,
}

impl Dispatch {
    /// The context of the call, with the reply metadata.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The method that is called.
    pub fn method(&self) -> MethodInfo<'_> {
        self.route.method()
    }

    /// Waits for the request, runs the method, and gives the reply, both in `codec`. A reply that is a stream is within the
    /// deadline and the idle limit of the call too.
    ///
    /// Dropping the future, or the stream of the reply, drops the handler.
    ///
    /// # Errors
    ///
    /// What reading the request or the method failed with. [`DeadlineExceeded`](crate::Code::DeadlineExceeded) when the deadline
    /// passes, or nothing moves on the streams of the call for too long; [`Internal`](crate::Code::Internal) after a panic.
    // Futures within one another, and no function that awaits: that would keep a copy of what it hands on.
    pub fn run(
        self,
        codec: Codec,
        request: impl Future<Output = Result<Payload>> + Send,
    ) -> impl Future<Output = Result<Payload>> + Send {
        let deadline = self.context.deadline();
        guarded(deadline, request.and_then(move |request| self.answer(codec, request)))
    }

    /// Runs the method as [`run`](Self::run) does, with a request that is there already.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with(self, codec: Codec, request: Payload) -> impl Future<Output = Result<Payload>> + Send {
        guarded(self.context.deadline(), self.answer(codec, request))
    }

    async fn answer(self, codec: Codec, request: Payload) -> Result<Payload> {
        let limit = self.inbound.idle_timeout().filter(|_| self.method().has_stream());
        if let Some(limit) = limit {
            // Hardly any call has both a stream and a limit: the others carry no room for it.
            return Box::pin(self.answer_moving(limit, codec, request)).await;
        }
        let mut exchange = EncodedExchange::new(request, codec);
        let mut call = Call::new(self.route.name(), self.route.method(), self.context, &mut exchange);
        self.inbound.call(&self.route, &mut call).await?;
        exchange.into_reply()
    }

    /// Answers a call on whose streams something has to move.
    async fn answer_moving(self, limit: Duration, codec: Codec, request: Payload) -> Result<Payload> {
        let idle = Idle::new(limit);
        let mut exchange = EncodedExchange::new(request.wrapped(idle.requests()), codec);
        let mut call = Call::new(self.route.name(), self.route.method(), self.context, &mut exchange);
        idle.bound(self.inbound.call(&self.route, &mut call)).await?;
        Ok(exchange.into_reply()?.wrapped(idle.replies()))
    }
}

/// Runs an answer within its deadline, and turns a panic into an error.
fn guarded(
    deadline: Option<Instant>,
    run: impl Future<Output = Result<Payload>> + Send,
) -> impl Future<Output = Result<Payload>> + Send {
    // What is ready at once needs no timer.
    clock::within(deadline, AssertUnwindSafe(run).catch_unwind()).map(|ended| match ended {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(Error::panicked(&*panic)),
        Err(clock::Late) => Err(Context::deadline_exceeded()),
    })
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").field("route", &self.route).field("context", &self.context).finish_non_exhaustive()
    }
}

/// Marks the failure of a call whose method did not run.
pub(crate) fn not_run(error: Error) -> Error {
    error.with_execution(Execution::NotStarted)
}
