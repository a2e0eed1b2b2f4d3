use std::sync::Arc;

use crate::codec::Codec;
use crate::context::Context;
use crate::errors::Result;
use crate::rpc::{BoxFuture, Call, CallEndpoint, Payload};

/// Takes the calls that no service here answers: for proxies, and for services that are known only at run time.
///
/// ```
/// use micro::prelude::*;
/// use micro::rpc::Payload;
/// use micro::server::{Fallback, FallbackCall};
///
/// struct Echo;
///
/// impl Fallback for Echo {
///     async fn call(&self, call: FallbackCall<'_>) -> Result<Payload> {
///         Ok(call.request)
///     }
/// }
/// ```
pub trait Fallback: Send + Sync + 'static {
    /// Answers one call, in the codec it came in.
    fn call(&self, call: FallbackCall<'_>) -> impl Future<Output = Result<Payload>> + Send;
}

/// A call that no service here answers.
#[derive(Debug)]
pub struct FallbackCall<'a> {
    /// The registry name it was looked up under; empty where the caller did not say.
    pub service: &'a str,
    /// The path of the method: `/package.Contract/Method`.
    pub path: &'a str,
    /// Codec of the request, and of the reply the caller expects.
    pub codec: Codec,
    /// The request. The enveloped protocols, gRPC among them, do not say whether a stream holds one message only.
    pub request: Payload,
    /// Context of the call.
    pub context: &'a Context,
}

/// A fallback as what stands at the end of a route: what [`Server::with_fallback`](super::Server::with_fallback) takes.
pub fn into_endpoint(fallback: impl Fallback) -> Arc<dyn CallEndpoint> {
    Arc::new(FallbackEndpoint(fallback))
}

struct FallbackEndpoint<F>(F);

impl<F: Fallback> CallEndpoint for FallbackEndpoint<F> {
    fn run<'a>(&'a self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let context = call.context().clone();
            let (service, path) = (call.service().to_owned(), call.method().path().to_owned());
            let (request, codec) = call.exchange().take_request(Codec::PROTO)?;
            let unknown = FallbackCall { service: &service, path: &path, codec, request, context: &context };
            let reply = context.clone().scope(self.0.call(unknown)).await?;
            call.exchange().put_reply(reply.guarded(&context), codec)
        })
    }
}
