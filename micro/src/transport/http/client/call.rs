//! One attempt at a call.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream;
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::uri::{self, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};

use super::compression;
use super::connection::{HttpConnection, StreamPermit};
use super::frames::{Messages, Outgoing};
use crate::codec::Codec;
use crate::context::Context;
use crate::errors::{Error, Execution, Result};
use crate::metadata::Metadata;
use crate::rpc::{BoxFuture, Payload, Streaming};
use crate::transport::http::read_detector::ActivityCounter;
use crate::transport::http::{metadata, status, timeout};
use crate::transport::{self, ConnectionStats, Permit, Request, names};
use crate::util::clock::{self, Sleep};

const SERVICE: HeaderName = HeaderName::from_static(names::SERVICE);
const NODE: HeaderName = HeaderName::from_static(names::NODE);
const TRACE: HeaderName = HeaderName::from_static(names::TRACE);
/// Number of headers of a typical request, without the caller's metadata.
const TYPICAL_HEADERS: usize = 12;
const AGENT: &str = concat!("micro/", env!("CARGO_PKG_VERSION"));

impl transport::Connection for HttpConnection {
    fn stats(&self) -> &Arc<ConnectionStats> {
        &self.stats
    }

    fn call<'a>(self: Arc<Self>, request: Request<'a>, permit: Permit) -> BoxFuture<'a, Result<Payload>> {
        Box::pin(call(self, request, permit))
    }

    fn retire(&self) {
        self.leave();
    }
}

async fn call(connection: Arc<HttpConnection>, request: Request<'_>, permit: Permit) -> Result<Payload> {
    let Some(deadline) = request.context.deadline() else { return attempt(connection, request, permit).await };
    if deadline <= clock::now() {
        return Err(Context::deadline_exceeded().with_execution(Execution::NotStarted));
    }
    let outcome = clock::timeout_at(deadline, attempt(connection, request, permit)).await;
    outcome.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
}

async fn attempt(connection: Arc<HttpConnection>, request: Request<'_>, permit: Permit) -> Result<Payload> {
    let context = request.context;
    let server_streaming = request.method.server_streaming;
    let compression = &connection.compression;
    let mut head = head(&request, &connection)?;
    let counter = ActivityCounter::default();
    let body = Outgoing::new(request.payload, compression, &counter)?;
    let slot = StreamPermit::new(connection.clone(), permit);
    if let Some(remaining) = context.remaining() {
        head.headers_mut().insert(timeout::HEADER, fleeting(timeout::to_header(remaining)));
    }
    let (response, hold) = slot.send(head, body).await?;
    let (head, body) = response.into_parts();
    if let Some(outcome) = status::from_trailers(&head.headers) {
        context.received(Metadata::new(), received(&head.headers));
        outcome?;
        return empty(server_streaming);
    }
    check(head.status, &head.headers)?;
    context.received(received(&head.headers), Metadata::new());
    let decompressor = compression.decompressor(&head.headers);
    let mut messages = Messages::new(body, connection.message_limit, decompressor, hold, counter);
    if server_streaming {
        return Ok(Payload::Many(stream(messages, slot, context.clone())));
    }
    let outcome = one(&mut messages).await;
    keep_trailers(context, &messages);
    Ok(Payload::One(outcome?))
}

fn head(request: &Request<'_>, connection: &HttpConnection) -> Result<http::Request<()>> {
    let compression = &connection.compression;
    let wrong = |error: http::Error| {
        let (address, path) = (request.to.address, request.method.path);
        Error::invalid_argument(format!("`{address}{path}` cannot be called: {error}"))
            .with_execution(Execution::NotStarted)
    };
    let mut uri = uri::Parts::default();
    uri.scheme = Some(if connection.secure { Scheme::HTTPS } else { Scheme::HTTP });
    uri.authority = Some(connection.authority.clone());
    uri.path_and_query = Some(request.method.path.parse().map_err(|error: uri::InvalidUri| wrong(error.into()))?);
    let mut head = http::Request::new(());
    *head.method_mut() = Method::POST;
    *head.version_mut() = Version::HTTP_2;
    *head.uri_mut() = Uri::from_parts(uri).map_err(|error| wrong(error.into()))?;

    let mut headers = HeaderMap::with_capacity(TYPICAL_HEADERS);
    let said = metadata::to_headers(request.context.metadata(), &mut headers);
    said.map_err(|error| error.with_execution(Execution::NotStarted))?;
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(CONTENT_TYPE, content_type(request.codec));
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
    let size = match &request.payload {
        Payload::One(message) => Some(message.len()),
        Payload::Many(_) => None,
    };
    let compression =
        [(compression::ENCODING, compression.encoding(size)), (compression::ACCEPT, compression.accept())];
    headers.extend(compression.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let value = |text: &str| HeaderValue::try_from(text).map_err(|error| wrong(error.into()));
    if !request.service.is_empty() {
        headers.insert(SERVICE, value(request.service)?);
    }
    if let Some(node) = request.to.node {
        headers.insert(NODE, value(node)?);
    }
    if let Some(trace) = request.context.trace() {
        let trace = HeaderValue::from_bytes(&trace.to_text()).expect("digits and hyphens are a header value");
        headers.insert(TRACE, fleeting(trace));
    }
    *head.headers_mut() = headers;
    Ok(head)
}

/// A value that does not come again: it would only drive others out of the table that both sides keep of them.
fn fleeting(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

fn content_type(codec: Codec) -> HeaderValue {
    if codec == Codec::PROTO {
        return HeaderValue::from_static("application/grpc");
    }
    let spelled = HeaderValue::try_from(format!("application/grpc+{}", codec.name()));
    spelled.unwrap_or(HeaderValue::from_static("application/grpc"))
}

fn check(status: StatusCode, headers: &HeaderMap) -> Result<()> {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if status == StatusCode::OK && content_type.starts_with(b"application/grpc") {
        return Ok(());
    }
    Err(status::from_http(status))
}

// A success without messages: complete for a stream, too little for one message.
fn empty(server_streaming: bool) -> Result<Payload> {
    if server_streaming {
        return Ok(Payload::Many(Streaming::empty()));
    }
    Err(no_message())
}

async fn one(messages: &mut Messages) -> Result<bytes::Bytes> {
    let message = messages.next().await?.ok_or_else(no_message)?;
    match messages.next().await? {
        None => Ok(message),
        Some(_) => Err(Error::internal("the answer has more than one message")),
    }
}

fn no_message() -> Error {
    Error::internal("the answer has no message")
}

/// The answer of a call that is still running.
struct RunningCall {
    messages: Messages,
    context: Context,
    deadline: Option<Pin<Box<Sleep>>>,
    _slot: StreamPermit,
}

/// The messages as they come. Dropping the stream resets the call.
fn stream(messages: Messages, slot: StreamPermit, context: Context) -> Streaming<bytes::Bytes> {
    let deadline = context.deadline().map(|deadline| Box::pin(clock::sleep_until(deadline)));
    let running = RunningCall { messages, context, deadline, _slot: slot };
    Streaming::new(stream::unfold(Some(running), |running| async {
        let mut running = running?;
        match running.next().await {
            Ok(Some(message)) => Some((Ok(message), Some(running))),
            Ok(None) => {
                keep_trailers(&running.context, &running.messages);
                None
            }
            Err(error) => {
                keep_trailers(&running.context, &running.messages);
                Some((Err(error), None))
            }
        }
    }))
}

impl RunningCall {
    async fn next(&mut self) -> Result<Option<bytes::Bytes>> {
        let Some(deadline) = &mut self.deadline else { return self.messages.next().await };
        tokio::select! {
            biased;
            next = self.messages.next() => next,
            () = deadline => Err(Context::deadline_exceeded()),
        }
    }
}

fn keep_trailers(context: &Context, messages: &Messages) {
    if let Some(trailers) = messages.trailers() {
        context.received(Metadata::new(), received(trailers));
    }
}

// What is too much is left out: the call itself has been answered.
fn received(headers: &HeaderMap) -> Metadata {
    metadata::from_headers(headers).unwrap_or_else(|error| {
        tracing::debug!(%error, "the answer's metadata is dropped");
        Metadata::new()
    })
}
