//! Destination of a call: a handler of this process, or a remote node.

use std::sync::Arc;

use super::Client;
use crate::errors::{Error, Result};
use crate::rpc::{BoxFuture, Call, CallEndpoint, MethodInfo, nesting};
use crate::transport::{Inbound, Route};

/// Destination of one call.
pub(super) enum CallTarget<'a> {
    /// A handler of this process.
    LocalTransport(&'a Arc<dyn Inbound>, &'a Route),
    /// Another process.
    Remote(&'a Client),
}

impl<'a> CallTarget<'a> {
    /// Chooses the handler of this process if there is one and the client has no explicit address.
    pub(super) fn find(client: &'a Client, service: &str, method: MethodInfo<'_>) -> Self {
        if client.target.address.is_none()
            && let Some((inbound, route)) = client.core.local.route(service, method.path())
        {
            return CallTarget::LocalTransport(inbound, route);
        }
        CallTarget::Remote(client)
    }

    pub(super) fn is_local(&self) -> bool {
        matches!(self, CallTarget::LocalTransport(..))
    }
}

impl CallEndpoint for CallTarget<'_> {
    fn run<'a>(&'a self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        match self {
            CallTarget::LocalTransport(inbound, route) if nesting::is_deep(nesting::MAX_STACKED) => {
                Box::pin(off_stack(inbound, route, call))
            }
            CallTarget::LocalTransport(inbound, route) => inbound.call(route, call),
            CallTarget::Remote(client) => Box::pin(client.run_with_retries(call)),
        }
    }
}

/// Runs a call in a task of its own, because too many nested calls are polled on this stack.
async fn off_stack(inbound: &Arc<dyn Inbound>, route: &Route, call: &mut Call<'_>) -> Result<()> {
    let (service, context) = (call.service().to_owned(), call.context().clone());
    let Some(mut exchange) = call.exchange().detach() else { return inbound.call(route, call).await };
    let (inbound, route) = (inbound.clone(), route.clone());
    let exchange = nesting::off_stack(async move {
        let mut call = Call::new(&service, route.method(), context, &mut *exchange);
        inbound.call(&route, &mut call).await?;
        Ok(exchange)
    });
    match exchange.await?.into_any() {
        Some(exchange) => call.exchange().attach(exchange),
        None => Err(Error::internal("the exchange of the call cannot be reattached")),
    }
}
