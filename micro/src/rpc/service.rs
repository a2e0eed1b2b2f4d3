//! A value and its methods behind one erased table.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tracing::Instrument;

use super::exchange::taken;
use super::guard::Replies;
use super::report;
use crate::codec::Codec;
use crate::context::{Context, CurrentMethod, Scoped};
use crate::errors::{Error, Execution, Result};
use crate::rpc::{Body, BoxFuture, Exchange, MethodResult, MethodSpec, ServiceDesc, ServiceError, TypedExchange};

/// A method that can be called on an implementation `T`.
pub trait Method<T: ?Sized>: MethodSpec {
    /// One call of it.
    fn call(this: &T, input: Self::In, context: &Context) -> impl Future<Output = Self::Out> + Send;
}

/// One method of `T` with its types erased.
pub struct MethodVTable<T: 'static> {
    call: for<'a> fn(&'a T, &'a mut dyn Exchange, &'a Context) -> BoxFuture<'a, Result<()>>,
}

impl<T: Send + Sync + 'static> MethodVTable<T> {
    /// The entry of the method `M`.
    pub const fn of<M: Method<T>>() -> Self {
        MethodVTable { call: call::<T, M> }
    }
}

impl<T> fmt::Debug for MethodVTable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry")
    }
}

type Reply<M> = <<M as MethodSpec>::Out as MethodResult>::Ok;

/// Everything a call needs around the handler, in one allocation: types, context, and a net under its panics.
fn call<'a, T: Send + Sync + 'static, M: Method<T>>(
    this: &'a T,
    exchange: &'a mut dyn Exchange,
    context: &'a Context,
) -> BoxFuture<'a, Result<()>> {
    let handled = async move {
        let (input, codec) = take::<M>(exchange)?;
        let output = M::call(this, input, context).await.into_result().map_err(ServiceError::into_error)?;
        put::<M>(exchange, output.wrapped(Replies(context)), codec)
    };
    let watched = async move {
        let mut dropped = CancelWhenDropped(Some(context));
        let result = AssertUnwindSafe(handled).catch_unwind().await;
        dropped.0 = None;
        let result = result.unwrap_or_else(|payload| Err(Error::panicked(&*payload)));
        // Whatever a handler passes on from a call of its own, this method did run.
        result.inspect_err(report::failed).map_err(|error| error.with_execution(Execution::Unknown))
    };
    let called = CurrentMethod { service: M::SERVICE.name(), method: M::SERVICE.method_descs()[M::INDEX].name() };
    let span = report::span(called, context);
    Box::pin(Scoped::handler(context.clone(), called, watched).instrument(span))
}

/// Cancels the tasks a handler has started when it is dropped before its end.
struct CancelWhenDropped<'a>(Option<&'a Context>);

impl Drop for CancelWhenDropped<'_> {
    fn drop(&mut self) {
        if let Some(context) = self.0 {
            context.cancel();
        }
    }
}

// The request as the handler takes it, and the codec the reply is owed in: none where both sides share a slot.
fn take<M: MethodSpec>(exchange: &mut dyn Exchange) -> Result<(M::In, Option<Codec>)> {
    if let Some(slot) = shared::<M>(exchange) {
        return Ok((slot.request.take().ok_or_else(taken)?, None));
    }
    let (payload, codec) = exchange.take_request(Codec::PROTO)?;
    Ok((M::In::from_payload(payload, codec)?, Some(codec)))
}

fn put<M: MethodSpec>(exchange: &mut dyn Exchange, reply: Reply<M>, codec: Option<Codec>) -> Result<()> {
    if let Some(codec) = codec {
        return exchange.put_reply(reply.into_payload(codec)?, codec);
    }
    let slot = shared::<M>(exchange).ok_or_else(|| Error::internal("the slot of the call is gone"))?;
    slot.reply = Some(reply);
    Ok(())
}

fn shared<M: MethodSpec>(exchange: &mut dyn Exchange) -> Option<&mut TypedExchange<M::In, Reply<M>>> {
    exchange.slot()?.downcast_mut()
}

/// A value that answers calls: its description, and its methods behind one table. Cloning shares the value.
#[derive(Clone)]
pub struct Service(Arc<dyn ErasedService>);

impl Service {
    /// `this`, answering the methods of `desc` by the entries of `table`, which stand in the same order.
    pub fn new<T: Send + Sync + 'static>(
        this: Arc<T>,
        desc: &'static ServiceDesc,
        table: &'static [MethodVTable<T>],
    ) -> Self {
        assert_eq!(desc.method_descs().len(), table.len(), "one entry per method");
        Service(Arc::new(Served { this, desc, table }))
    }

    /// Returns the description of the service.
    pub fn desc(&self) -> &'static ServiceDesc {
        self.0.desc()
    }

    /// Calls the method at `index` of the description.
    pub fn call<'a>(
        &'a self,
        index: usize,
        exchange: &'a mut dyn Exchange,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<()>> {
        self.0.call(index, exchange, context)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({})", self.desc().contract())
    }
}

trait ErasedService: Send + Sync {
    fn desc(&self) -> &'static ServiceDesc;
    fn call<'a>(&'a self, index: usize, exchange: &'a mut dyn Exchange, cx: &'a Context) -> BoxFuture<'a, Result<()>>;
}

struct Served<T: 'static> {
    this: Arc<T>,
    desc: &'static ServiceDesc,
    table: &'static [MethodVTable<T>],
}

impl<T: Send + Sync + 'static> ErasedService for Served<T> {
    fn desc(&self) -> &'static ServiceDesc {
        self.desc
    }

    fn call<'a>(&'a self, index: usize, exchange: &'a mut dyn Exchange, cx: &'a Context) -> BoxFuture<'a, Result<()>> {
        (self.table[index].call)(&self.this, exchange, cx)
    }
}
