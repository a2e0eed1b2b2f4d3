//! The service that connectrpc calls once it has read a request: it passes the call to the [`Dispatcher`].

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
use super::reply::StreamTrailers;
use crate::codec::Codec;
use crate::context::{Context, IncomingCall, Peer};
use crate::errors::{Error, Result};
use crate::rpc::{Payload, Streaming};
use crate::transport::http::{metadata, status};
use crate::transport::{self, Route, names};

/// The one call a service is made for.
pub(super) struct ConnectService {
    pub(super) dispatcher: transport::Dispatcher,
    pub(super) route: Route,
    pub(super) codec: Codec,
    pub(super) peer: Option<SocketAddr>,
    pub(super) late: Arc<StreamTrailers>,
}

type Response<B> = connectrpc::Response<B>;

impl ConnectService {
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
            let body: connectrpc::EncodedStream = Box::pin(ConnectItems { items: Some(items), late });
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
        let dispatch = self.incoming(request).map(|incoming| self.dispatcher.begin(self.route.clone(), incoming));
        let codec = self.codec;
        async move {
            let dispatch = dispatch.map_err(|error| status::to_connect(&error))?;
            let context = dispatch.context().clone();
            match dispatch.run(codec, std::future::ready(Ok(payload))).await {
                Ok(reply) => Ok((context, reply)),
                Err(error) => Err(failed(&context, &error)),
            }
        }
    }

    fn incoming(&self, request: &RequestContext) -> Result<IncomingCall> {
        let headers = request.headers();
        Ok(IncomingCall {
            peer: self.peer.map(|peer| Peer::Remote(peer.to_string().into())),
            wire: Some("http"),
            trace: headers.get(names::TRACE).and_then(|value| value.to_str().ok()?.parse().ok()),
            timeout: request.time_remaining(),
            metadata: metadata::from_headers(headers)?,
        })
    }
}

/// The error, and what the handler said before it failed.
fn failed(context: &Context, error: &Error) -> ConnectError {
    let mut connect = status::to_connect(error);
    metadata::to_reply(&context.reply_headers(), connect.response_headers_mut());
    metadata::to_reply(&context.reply_trailers(), connect.trailers_mut());
    connect
}

impl Dispatcher for ConnectService {
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
struct ConnectItems {
    items: Option<Streaming<Bytes>>,
    late: Arc<StreamTrailers>,
}

impl Stream for ConnectItems {
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
