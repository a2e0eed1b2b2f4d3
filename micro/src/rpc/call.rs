//! One call, and the end of its road.

use std::any::Any;
use std::fmt;

use bytes::Bytes;

use super::body::Body;
use super::exchange::{Exchange, TypedExchange};
use super::{BoxFuture, MethodInfo};
use crate::codec::Codec;
use crate::context::Context;
use crate::errors::Result;

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

    /// Returns the method.
    pub fn method(&self) -> MethodInfo<'a> {
        self.method
    }

    /// Returns the context of the call.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Runs the rest of the call with another context.
    ///
    /// Whichever it is, it becomes one of this call: what the handler says beside its answer, and cancellation, are shared by all
    /// contexts of a call. A shorter deadline counts for the rest of the call, a longer one does not.
    pub fn set_context(&mut self, context: Context) {
        self.context = context.within_call(&self.context);
    }

    /// The request, where it is held as the Rust value `T` and has not been taken yet.
    pub fn request<I: Body, O: Body>(&mut self) -> Option<&mut I> {
        self.slot::<I, O>()?.request.as_mut()
    }

    /// The reply, where it is held as a Rust value and there is one already.
    pub fn reply<I: Body, O: Body>(&mut self) -> Option<&mut O> {
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

    fn slot<I: Body, O: Body>(&mut self) -> Option<&mut TypedExchange<I, O>> {
        let slot: &mut (dyn Any + Send) = self.exchange.slot()?;
        slot.downcast_mut()
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("method", &self.method.path()).field("context", &self.context).finish()
    }
}

/// End of the interceptor chain: the handler on a server, the remote call on a client.
pub trait CallEndpoint: Send + Sync {
    /// Runs the call: takes the request, puts the reply.
    fn run<'a>(&'a self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>>;
}
