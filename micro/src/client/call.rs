//! One call from its input to its reply: context, interceptors and timeouts.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::Client;
use super::target::CallTarget;
use crate::context::{Caller, Context};
use crate::errors::{Error, Result};
use crate::rpc::{
    Body, BoxFuture, Call, Exchange, Idle, MethodInfo, MethodResult, MethodSpec, Requests, ServiceError, TypedExchange,
    nesting,
};
use crate::util::clock;

impl Client {
    /// Calls the method `M`.
    ///
    /// Dropping the future drops the handler, wherever it runs.
    ///
    /// # Errors
    ///
    /// The error of the handler. [`DeadlineExceeded`](crate::Code::DeadlineExceeded) when the deadline passes, and
    /// [`Unavailable`](crate::Code::Unavailable) when there is no node or none can be reached.
    // Declares `Send` explicitly: an inferred bound would make the compiler report every mistake in a signature twice.
    #[allow(clippy::manual_async_fn)]
    pub fn call<M: MethodSpec>(&self, input: M::In) -> impl Future<Output = M::Out> + Send {
        async move { M::Out::from_result(self.run::<M>(input).await.map_err(ServiceError::from_error)) }
    }

    async fn run<M: MethodSpec>(&self, input: M::In) -> Result<<M::Out as MethodResult>::Ok> {
        let method = MethodInfo::from(&M::SERVICE.method_descs()[M::INDEX]);
        let service = self.target.name.as_deref().unwrap_or(M::SERVICE.name());
        let caller = Caller::current();
        let idle = self.idle(method);
        // A request stream belongs to the caller: it is polled in the caller's context, also when the handler polls it.
        let mut input = input.wrapped(Requests(&caller.context));
        if let Some(idle) = &idle {
            input = input.wrapped(idle.requests());
        }
        let mut slot = TypedExchange::<M::In, <M::Out as MethodResult>::Ok>::new(input);
        self.exchange(service, method, &caller, &mut slot, idle.as_ref()).await?;
        let reply = slot.into_reply()?;
        Ok(match &idle {
            Some(idle) => reply.wrapped(idle.replies()),
            None => reply,
        })
    }

    /// Exchanges a request for a reply, within the deadline and through the interceptors.
    pub(super) async fn exchange(
        &self,
        service: &str,
        method: MethodInfo<'_>,
        caller: &Caller,
        exchange: &mut dyn Exchange,
        idle: Option<&Idle>,
    ) -> Result<()> {
        let target = CallTarget::find(self, service, method);
        let context = self.context(caller, service, method, &target)?;
        if let Some(replies) = &self.target.options.replies {
            replies.begin(&context);
        }
        let (deadline, local) = (context.deadline(), target.is_local());
        let mut call = Call::new(service, method, context, exchange);
        let run = self.core.interceptors.run(&mut call, &target);
        let run: BoxFuture<'_, Result<()>> = match idle {
            Some(idle) => Box::pin(idle.bound(run)),
            None => run,
        };
        match deadline {
            // The transport enforces the deadline of a remote call, without a timer for each call.
            Some(_) if !local && !self.core.interceptors.take_time() => run.await,
            Some(deadline) => {
                let run = clock::within(deadline, caught(run)).await;
                run.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
            }
            None => caught(run).await,
        }
    }

    pub(super) fn idle(&self, method: MethodInfo<'_>) -> Option<Idle> {
        let timeout = self.target.options.idle.or(self.core.idle);
        timeout.filter(|_| method.has_stream()).map(Idle::new)
    }

    fn context(
        &self,
        caller: &Caller,
        service: &str,
        method: MethodInfo<'_>,
        target: &CallTarget<'_>,
    ) -> Result<Context> {
        let options = &self.target.options;
        let usual = (!method.has_stream()).then(|| self.core.timeout());
        let timeout = options.timeout.or(method.timeout()).or(usual);
        match target {
            CallTarget::LocalTransport(inbound, _) => {
                nesting::check(caller, service, method.name())?;
                Ok(Context::for_local_call(caller, timeout, &options.metadata, inbound.extensions()))
            }
            CallTarget::Remote(_) => Ok(caller.context.for_call(timeout, &options.metadata)),
        }
    }
}

/// Converts a panic of an interceptor into an error of the call.
async fn caught(run: BoxFuture<'_, Result<()>>) -> Result<()> {
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))
}
