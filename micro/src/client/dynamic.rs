use bytes::Bytes;

use super::Client;
use crate::codec::Codec;
use crate::context::Caller;
use crate::errors::{Error, Result};
use crate::rpc::{self, MethodInfo, Payload, Requests, Streaming};

/// A client without a contract, which calls methods by path with encoded messages. Intended for gateways, proxies and tools.
///
/// ```
/// use micro::prelude::*;
///
/// # async fn example(app: micro::app::Running) -> Result<()> {
/// let greeter = app.client().dynamic("greeter");
/// let reply = greeter.json("/greeter.Greeter/Hello", r#"{"name": "Ada"}"#).await?;
/// assert_eq!(reply, r#"{"greeting":"Hello, Ada!"}"#);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct DynamicClient {
    client: Client,
    service: String,
}

impl Client {
    /// Returns a client that calls the service listed as `service` by method path.
    pub fn dynamic(&self, service: impl Into<String>) -> DynamicClient {
        DynamicClient { client: self.clone(), service: service.into() }
    }
}

impl DynamicClient {
    /// Calls a unary method. Request and reply are encoded in `codec`.
    ///
    /// # Errors
    ///
    /// As [`Client::call`]. [`InvalidArgument`](crate::Code::InvalidArgument) when `path` is not a method path.
    pub async fn unary(&self, path: &str, codec: Codec, request: impl Into<Bytes>) -> Result<Bytes> {
        let method = MethodInfo::new(path, false, false);
        match self.call(method, codec, Payload::One(request.into())).await? {
            Payload::One(reply) => Ok(reply),
            Payload::Many(_) => Err(Error::internal("a stream where one message was expected")),
        }
    }

    /// Calls a unary method with request and reply as JSON text.
    ///
    /// # Errors
    ///
    /// As [`unary`](Self::unary).
    pub async fn json(&self, path: &str, request: &str) -> Result<String> {
        let reply = self.unary(path, Codec::JSON, request.to_owned()).await?;
        String::from_utf8(reply.into()).map_err(|error| Error::internal("the reply is not text").with_source(error))
    }

    /// Calls a method with a stream of requests and a stream of replies, encoded in `codec`. Either may hold one message.
    ///
    /// # Errors
    ///
    /// As [`unary`](Self::unary).
    pub async fn streams(&self, path: &str, codec: Codec, requests: Streaming<Bytes>) -> Result<Streaming<Bytes>> {
        let method = MethodInfo::new(path, true, true);
        match self.call(method, codec, Payload::Many(requests)).await? {
            Payload::Many(replies) => Ok(replies),
            Payload::One(reply) => Ok(Streaming::iter([reply])),
        }
    }

    /// Calls a method of any shape, as `method` describes it.
    ///
    /// # Errors
    ///
    /// As [`unary`](Self::unary).
    pub async fn call(&self, method: MethodInfo<'_>, codec: Codec, request: Payload) -> Result<Payload> {
        if !method.path().starts_with('/') || method.path().matches('/').count() != 2 {
            return Err(Error::invalid_argument(format!(
                "`{}` is not a method path: expected `/package.Contract/Method`",
                method.path().escape_debug()
            )));
        }
        let caller = Caller::current();
        let idle = self.client.idle(method);
        let mut request = request.wrapped(Requests(&caller.context));
        if let Some(idle) = &idle {
            request = request.wrapped(idle.requests());
        }
        let mut exchange = rpc::EncodedExchange::new(request, codec);
        self.client.exchange(&self.service, method, &caller, &mut exchange, idle.as_ref()).await?;
        let reply = exchange.into_reply()?;
        Ok(match &idle {
            Some(idle) => reply.wrapped(idle.replies()),
            None => reply,
        })
    }
}
