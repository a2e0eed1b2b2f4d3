//! What connectrpc calls once it has read a request: the [`Inbound`] this server was built from.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Cx, Poll};

use bytes::Bytes;
use connectrpc::dispatcher::{MethodDescriptor, RequestStream, StreamingResult, UnaryResult};
use connectrpc::{CodecFormat, ConnectError, Dispatcher, EncodedBody, MethodKind, RequestContext};
use futures_core::Stream;
use futures_util::StreamExt;
use http::HeaderMap;

use super::negotiate::is_readable;
use super::reply::Late;
use crate::codec::Codec;
use crate::context::{Arrived, Context, Peer};
use crate::errors::{Error, Result};
use crate::rpc::{BytesExchange, Call, Payload, Streaming};
use crate::transport::http::{metadata, status};
use crate::transport::{Inbound, Route, names};
use crate::util::clock;

/// The one call a service is made for.
pub(super) struct Answer {
    pub(super) inbound: Arc<dyn Inbound>,
    pub(super) route: Route,
    pub(super) codec: Codec,
    pub(super) peer: Option<SocketAddr>,
    pub(super) late: Arc<Late>,
}

type Response<B> = connectrpc::Response<B>;

impl Answer {
    fn one(&self, request: &RequestContext, payload: Payload) -> UnaryResult {
        let run = self.run(request, payload);
        Box::pin(async move {
            let (context, reply) = run.await?;
            let Payload::One(bytes) = reply else {
                return Err(failed(&context, &Error::internal("a stream where one message was expected")));
            };
            let mut response = Response::new(EncodedBody::from(bytes));
            metadata::to_reply(&context.reply_headers(), &mut response.headers);
            metadata::to_reply(&context.reply_trailers(), &mut response.trailers);
            Ok(response)
        })
    }

    fn many(&self, request: &RequestContext, payload: Payload) -> StreamingResult {
        let run = self.run(request, payload);
        let late = self.late.clone();
        Box::pin(async move {
            let (context, reply) = run.await?;
            let items = match reply {
                Payload::One(bytes) => Streaming::iter([bytes]),
                Payload::Many(items) => items,
            };
            let mut headers = HeaderMap::new();
            metadata::to_reply(&context.reply_headers(), &mut headers);
            // The trailers are read when the stream has ended; what it says while it runs counts.
            late.begin(context);
            let body: connectrpc::EncodedStream = Box::pin(Items { items: Some(items), late });
            let mut response = Response::new(body);
            response.headers = headers;
            Ok(response)
        })
    }

    /// Runs the method. The context is what the handler writes its reply metadata on.
    fn run(
        &self,
        request: &RequestContext,
        payload: Payload,
    ) -> impl Future<Output = Result<(Context, Payload), ConnectError>> + Send + 'static {
        let context = self.context(request);
        let (inbound, route, codec) = (self.inbound.clone(), self.route.clone(), self.codec);
        async move {
            let context = context.map_err(|error| status::to_connect(&error))?;
            let mut exchange = BytesExchange::new(payload, codec);
            let mut call = Call::new(route.name(), route.method(), context.clone(), &mut exchange);
            let run = inbound.call(&route, &mut call);
            let called = match context.deadline() {
                Some(deadline) => {
                    let run = clock::timeout_at(deadline, run).await;
                    run.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
                }
                None => run.await,
            };
            match called.and_then(|()| exchange.into_reply()) {
                Ok(reply) => Ok((context, reply)),
                Err(error) => Err(failed(&context, &error)),
            }
        }
    }

    fn context(&self, request: &RequestContext) -> Result<Context> {
        let headers = request.headers();
        let trace = headers.get(names::TRACE).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Context::arrived(Arrived {
            peer: self.peer.map(|peer| Peer::Remote(peer.to_string().into())),
            wire: "http",
            trace,
            // What the caller asks for counts; without it, what the method says.
            timeout: request.time_remaining().or_else(|| self.route.method().timeout()),
            metadata: metadata::from_headers(headers)?,
            lent: self.inbound.extensions().clone(),
        }))
    }
}

/// The error, and what the handler said before it failed.
fn failed(context: &Context, error: &Error) -> ConnectError {
    let mut connect = status::to_connect(error);
    metadata::to_reply(&context.reply_headers(), connect.response_headers_mut());
    metadata::to_reply(&context.reply_trailers(), connect.trailers_mut());
    connect
}

impl Dispatcher for Answer {
    fn lookup(&self, _: &str) -> Option<MethodDescriptor> {
        let method = self.route.method();
        let kind = match (method.client_streaming(), method.server_streaming()) {
            (false, false) => MethodKind::Unary,
            (false, true) => MethodKind::ServerStreaming,
            (true, false) => MethodKind::ClientStreaming,
            (true, true) => MethodKind::BidiStreaming,
        };
        Some(MethodDescriptor::from_kind(kind).with_idempotent(is_readable(&self.route)))
    }

    fn call_unary(
        &self,
        _: &str,
        context: RequestContext,
        request: connectrpc::Payload,
        _: CodecFormat,
    ) -> UnaryResult {
        self.one(&context, Payload::One(request.bytes().clone()))
    }

    fn call_server_streaming(
        &self,
        _: &str,
        context: RequestContext,
        request: Bytes,
        _: CodecFormat,
    ) -> StreamingResult {
        self.many(&context, Payload::One(request))
    }

    fn call_client_streaming(
        &self,
        _: &str,
        context: RequestContext,
        requests: RequestStream,
        _: CodecFormat,
    ) -> UnaryResult {
        self.one(&context, received(requests))
    }

    fn call_bidi_streaming(
        &self,
        _: &str,
        context: RequestContext,
        requests: RequestStream,
        _: CodecFormat,
    ) -> StreamingResult {
        self.many(&context, received(requests))
    }
}

fn received(requests: RequestStream) -> Payload {
    Payload::Many(Streaming::new(requests.map(|item| item.map_err(status::from_connect))))
}

/// The items of a reply, on their way to connectrpc.
struct Items {
    items: Option<Streaming<Bytes>>,
    late: Arc<Late>,
}

impl Stream for Items {
    type Item = Result<EncodedBody, ConnectError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(items) = &mut this.items else { return Poll::Ready(None) };
        let item = std::task::ready!(Pin::new(items).poll_next(cx));
        if let Some(Ok(bytes)) = item {
            return Poll::Ready(Some(Ok(bytes.into())));
        }
        // Whatever the handler still holds is dropped before the caller learns that it is over.
        this.items = None;
        this.late.end();
        Poll::Ready(item.map(|item| item.map(EncodedBody::from).map_err(|error| status::to_connect(&error))))
    }
}
