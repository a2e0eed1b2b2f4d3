//! What wraps calls, on either side.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::codec::Codec;
use crate::context::Context;
use crate::errors::Result;
use crate::rpc::{BoxFuture, Exchange, MethodInfo, Part, Slot};

/// One call on its way through the interceptors: what is called, with which context, and the request and reply.
pub struct Call<'a> {
    service: &'a str,
    method: MethodInfo<'a>,
    context: Context,
    exchange: &'a mut dyn Exchange,
}

impl<'a> Call<'a> {
    /// A call of `method` of the service named `service`.
    pub fn new(
        service: &'a str,
        method: impl Into<MethodInfo<'a>>,
        context: Context,
        exchange: &'a mut dyn Exchange,
    ) -> Self {
        Call { service, method: method.into(), context, exchange }
    }

    /// The name of the service, as the registry lists it.
    pub fn service(&self) -> &'a str {
        self.service
    }

    /// What is called.
    pub fn method(&self) -> MethodInfo<'a> {
        self.method
    }

    /// What the call carries.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Lets the rest of the call run with another context.
    pub fn set_context(&mut self, context: Context) {
        self.context = context;
    }

    /// The request, where it is held as the Rust value `T` and has not been taken yet.
    pub fn request<I: Part, O: Part>(&mut self) -> Option<&mut I> {
        self.slot::<I, O>()?.request.as_mut()
    }

    /// The reply, where it is held as a Rust value and there is one already.
    pub fn reply<I: Part, O: Part>(&mut self) -> Option<&mut O> {
        self.slot::<I, O>()?.reply.as_mut()
    }

    /// The request in `codec`, encoded only now: nothing of a stream, nor of bytes that are in another codec.
    pub fn request_bytes(&self, codec: Codec) -> Option<Bytes> {
        self.exchange.peek_request(codec)
    }

    /// The reply in `codec`, encoded only now: nothing of a stream, nor of bytes that are in another codec.
    pub fn reply_bytes(&self, codec: Codec) -> Option<Bytes> {
        self.exchange.peek_reply(codec)
    }

    /// The request and reply themselves.
    pub fn exchange(&mut self) -> &mut dyn Exchange {
        self.exchange
    }

    /// The context and the exchange at once, for the end of the chain.
    pub(crate) fn parts(&mut self) -> (&Context, &mut dyn Exchange) {
        (&self.context, self.exchange)
    }

    fn slot<I: Part, O: Part>(&mut self) -> Option<&mut Slot<I, O>> {
        let slot: &mut (dyn Any + Send) = self.exchange.slot()?;
        slot.downcast_mut()
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("method", &self.method.path()).field("context", &self.context).finish()
    }
}

/// Wraps calls, of every transport and every shape: on a client before the node is chosen, on a server before the handler.
///
/// The first one added is the outermost. For a method that answers with a stream, `next.run` returns once the stream is
/// there, before its items are.
///
/// ```
/// use micro::prelude::*;
/// use micro::rpc::{Call, Interceptor, Next};
///
/// struct Timing;
///
/// impl Interceptor for Timing {
///     async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
///         let before = std::time::Instant::now();
///         let result = next.run(call).await;
///         println!("{} took {:?}", call.method().path(), before.elapsed());
///         result
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Wraps one call; `next.run(call)` is the rest of it.
    fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> impl Future<Output = Result<()>> + Send;
}

/// Interceptors in order, the outermost first. Cloning shares them.
#[derive(Clone, Default)]
pub struct Interceptors(Arc<Vec<Arc<dyn Erased>>>);

impl Interceptors {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one inside of those that are there.
    pub fn push(&mut self, interceptor: impl Interceptor) {
        Arc::make_mut(&mut self.0).push(Arc::new(interceptor));
    }

    /// Runs `call` through all of them and then through `end`.
    pub fn run<'a>(&'a self, call: &'a mut Call<'_>, end: &'a dyn Endpoint) -> BoxFuture<'a, Result<()>> {
        Next { rest: &self.0, end }.run(call)
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interceptors({})", self.0.len())
    }
}

/// What stands behind the last interceptor: the handler on a server, the way to a node on a client.
pub trait Endpoint: Send + Sync {
    /// Runs the call: takes the request, puts the reply.
    fn run<'a>(&'a self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>>;
}

/// The rest of a call, from the view of an interceptor.
pub struct Next<'a> {
    rest: &'a [Arc<dyn Erased>],
    end: &'a dyn Endpoint,
}

impl<'a> Next<'a> {
    /// Runs the rest of the call.
    ///
    /// # Errors
    ///
    /// What the handler or the way to it failed with.
    pub fn run(self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        match self.rest.split_first() {
            Some((first, rest)) => first.call(call, Next { rest, end: self.end }),
            None => self.end.run(call),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next({} interceptors)", self.rest.len())
    }
}

trait Erased: Send + Sync {
    fn call<'a>(&'a self, call: &'a mut Call<'_>, next: Next<'a>) -> BoxFuture<'a, Result<()>>;
}

impl<I: Interceptor> Erased for I {
    fn call<'a>(&'a self, call: &'a mut Call<'_>, next: Next<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(Interceptor::call(self, call, next))
    }
}
