//! gRPC over HTTP/2: five bytes in front of each message, and a few trailers behind the last.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Cx, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use connectrpc::CompressionRegistry;
use futures_core::Stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response, request};
use http_body::{Body, Frame};
use http_body_util::BodyExt;

use super::response_body::{BodyItems, ResponseBody};
use super::trailers::{self, trailers};
use crate::codec::Codec;
use crate::context::{Context, IncomingCall, Peer};
use crate::errors::{Error, Result};
use crate::rpc::{Payload, Streaming};
use crate::transport::http::framing::{Compressor, FramePiece, Framed, Malformed, UNCOMPRESSED_FLAG, Unread};
use crate::transport::http::read_detector::ActivityCounter;
use crate::transport::http::{metadata, status, timeout};
use crate::transport::{Dispatcher, Route, names};
use crate::util::clock;

const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// Smaller messages are not compressed.
const WORTH_PACKING: usize = 1024;
/// Number of headers of a typical reply: the type, the encodings, the date.
const TYPICAL_HEADERS: usize = 4;

/// Handles calls in gRPC.
pub(super) struct Grpc {
    pub(super) dispatcher: Dispatcher,
    pub(super) limit: usize,
    pub(super) patience: Duration,
    formats: CompressionRegistry,
    accept: Option<HeaderValue>,
}

/// The remote end of a connection.
#[derive(Clone, Debug)]
pub(super) struct RemoteCaller {
    pub(super) address: SocketAddr,
    pub(super) name: Arc<str>,
}

impl RemoteCaller {
    pub(super) fn new(address: SocketAddr) -> Self {
        RemoteCaller { address, name: address.to_string().into() }
    }
}

/// Content type of a gRPC request.
#[derive(Clone, Debug)]
pub(super) struct GrpcContentType {
    pub(super) codec: Codec,
    pub(super) content_type: HeaderValue,
}

impl GrpcContentType {
    /// Returns the content type of a gRPC request; `None` for other requests and unknown codecs.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let given = headers.get(CONTENT_TYPE)?;
        let rest = given.as_bytes().strip_prefix(b"application/grpc")?;
        let codec = match rest {
            b"" | b"+proto" => Codec::PROTO,
            [b'+' | b';', ..] => Codec::of_content_type(given.to_str().ok()?)?,
            _ => return None,
        };
        let essence = given.as_bytes().split(|byte| *byte == b';').next()?.trim_ascii_end();
        let whole = essence.len() == given.len();
        let content_type = if whole { given.clone() } else { HeaderValue::from_bytes(essence).ok()? };
        Some(GrpcContentType { codec, content_type })
    }
}

impl Grpc {
    pub(super) fn new(dispatcher: Dispatcher, limit: usize, patience: Duration) -> Self {
        let formats = CompressionRegistry::default();
        let accept = Some(formats.accept_encoding_header()).filter(|known| !known.is_empty());
        let accept = accept.and_then(|known| HeaderValue::try_from(known).ok());
        Grpc { dispatcher, limit, patience, formats, accept }
    }

    /// Answers one call. Dropping the future, or the body of its answer, drops the handler.
    pub(super) async fn answer<B>(
        &self,
        route: Route,
        format: GrpcContentType,
        caller: Option<&RemoteCaller>,
        head: request::Parts,
        body: B,
    ) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes, Error: StdError> + Send + Unpin + 'static,
    {
        let compressor = self.compressor(&head.headers);
        let counter = ActivityCounter::default();
        let activity =
            (route.method().client_streaming() && route.method().server_streaming()).then(|| counter.activity());
        let server_streaming = route.method().server_streaming();
        let (context, outcome) = match incoming(&head.headers, caller) {
            Ok(incoming) => {
                let dispatch = self.dispatcher.begin(route, incoming);
                let (context, streaming) = (dispatch.context().clone(), dispatch.method().client_streaming());
                (context, dispatch.run(format.codec, self.request(streaming, &head.headers, body, counter)).await)
            }
            Err(error) => (Context::new(), Err(error)),
        };

        let mut headers = HeaderMap::with_capacity(TYPICAL_HEADERS);
        headers.insert(CONTENT_TYPE, format.content_type);
        if let (Some(compressor), Ok(_)) = (&compressor, &outcome) {
            headers.insert(ENCODING, HeaderValue::from_static(compressor.format));
        }
        if let Some(accept) = &self.accept {
            headers.insert(ACCEPT, accept.clone());
        }
        let ahead = context.take_reply_headers();
        let said_ahead = !ahead.is_empty();
        metadata::to_reply(&ahead, &mut headers);
        let sent = outcome.and_then(|reply| match reply {
            Payload::One(message) if !server_streaming => {
                Ok(ResponseBody::one(FramePiece::message(message, compressor.as_ref())?, trailers(&context, None)))
            }
            Payload::Many(_) if !server_streaming => Err(Error::internal("a stream where one message was expected")),
            reply => {
                let items = match reply {
                    Payload::One(message) => Streaming::iter([message]),
                    Payload::Many(items) => items,
                };
                Ok(ResponseBody::many(BodyItems::new(Framed::new(items, compressor), context.clone()), activity))
            }
        });
        let sent = sent.unwrap_or_else(|error| {
            if said_ahead {
                // A caller takes what stands beside a status for trailers.
                return ResponseBody::ended(trailers(&context, Some(&error)));
            }
            // All of the answer is in its headers.
            trailers::put(&context, Some(&error), &mut headers);
            ResponseBody::nothing()
        });
        let mut response = Response::new(sent);
        *response.headers_mut() = headers;
        response
    }

    /// Returns the compressor of the reply, if the caller accepts one.
    fn compressor(&self, headers: &HeaderMap) -> Option<Compressor> {
        self.accept.as_ref()?;
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let format = self.formats.negotiate_encoding(text(ACCEPT), text(ENCODING))?;
        Some(Compressor { formats: self.formats.clone(), format, from: WORTH_PACKING })
    }

    /// Reads the request.
    async fn request<B>(
        &self,
        client_streaming: bool,
        headers: &HeaderMap,
        body: B,
        counter: ActivityCounter,
    ) -> Result<Payload>
    where
        B: Body<Data = Bytes, Error: StdError> + Send + Unpin + 'static,
    {
        let format = self.format(headers)?;
        let mut requests = IncomingRequests {
            body,
            unread: Unread::default(),
            limit: self.limit,
            formats: self.formats.clone(),
            format,
            counter,
            ended: false,
        };
        match client_streaming {
            true => Ok(Payload::Many(Streaming::new(requests))),
            false => requests.only(self.patience).await.map(Payload::One),
        }
    }

    /// Returns the compression of the messages of the request.
    fn format(&self, headers: &HeaderMap) -> Result<Option<String>> {
        let Some(format) = headers.get(ENCODING).filter(|format| *format != "identity") else { return Ok(None) };
        let format = String::from_utf8_lossy(format.as_bytes());
        if !self.formats.supports(&format) {
            return Err(Error::unimplemented(format!("unsupported compression: {}", format.escape_debug())));
        }
        Ok(Some(format.into_owned()))
    }
}

fn incoming(headers: &HeaderMap, caller: Option<&RemoteCaller>) -> Result<IncomingCall> {
    Ok(IncomingCall {
        peer: caller.map(|caller| Peer::Remote(caller.name.clone())),
        wire: Some("http"),
        trace: headers.get(names::TRACE).and_then(|value| value.to_str().ok()?.parse().ok()),
        timeout: headers.get(timeout::HEADER).and_then(timeout::from_header),
        metadata: metadata::from_headers(headers)?,
    })
}

/// The messages of a request, as they come.
struct IncomingRequests<B> {
    body: B,
    unread: Unread,
    limit: usize,
    formats: CompressionRegistry,
    format: Option<String>,
    counter: ActivityCounter,
    ended: bool,
}

impl<B: Body<Data = Bytes, Error: StdError> + Unpin> IncomingRequests<B> {
    /// The only message of a request, which has to come without long breaks.
    async fn only(&mut self, patience: Duration) -> Result<Bytes> {
        let mut message = None;
        loop {
            while let Some(next) = self.next()? {
                if message.replace(next).is_some() {
                    return Err(Error::unimplemented("unary request must have exactly one message"));
                }
            }
            if self.body.is_end_stream() {
                break;
            }
            let frame = clock::within(clock::after(patience), pin!(self.body.frame())).await;
            match frame.map_err(|_| Error::internal(format!("nothing more came within {patience:?}")))? {
                Some(frame) => self.take(frame)?,
                None => break,
            }
        }
        match message {
            Some(message) if self.unread.is_empty() => Ok(message),
            None if self.unread.is_empty() => Err(Error::unimplemented("the request has no message")),
            _ => Err(broken_off()),
        }
    }

    fn take(&mut self, frame: Result<Frame<Bytes>, B::Error>) -> Result<()> {
        let frame = frame.map_err(|error| Error::internal(format!("the request cannot be read: {error}")))?;
        if let Ok(data) = frame.into_data() {
            self.unread.add(data);
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Bytes>> {
        let next = self.unread.next(self.limit).map_err(|malformed| match malformed {
            Malformed::Flag(flag) => Error::invalid_argument(format!("a message with the flag {flag}")),
            Malformed::Length(length) => {
                Error::resource_exhausted(format!("a message of {length} bytes; the limit is {}", self.limit))
            }
        });
        match (next?, &self.format) {
            (None, _) => Ok(None),
            (Some((UNCOMPRESSED_FLAG, message)), _) => Ok(Some(message)),
            (Some((_, packed)), Some(format)) => {
                let message = self.formats.decompress_with_limit(format, packed, self.limit);
                message.map(Some).map_err(status::from_connect)
            }
            (Some(_), None) => Err(Error::internal("a compressed message, and nothing says how it is compressed")),
        }
    }
}

impl<B: Body<Data = Bytes, Error: StdError> + Unpin> IncomingRequests<B> {
    fn poll_message(&mut self, cx: &mut Cx<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            if let Some(message) = self.next().transpose() {
                return Poll::Ready(Some(message));
            }
            let polled = Pin::new(&mut self.body).poll_frame(cx);
            self.counter.note(&polled);
            match ready!(polled) {
                Some(frame) => self.take(frame)?,
                None if self.unread.is_empty() => return Poll::Ready(None),
                None => return Poll::Ready(Some(Err(broken_off()))),
            }
        }
    }
}

impl<B: Body<Data = Bytes, Error: StdError> + Unpin> Stream for IncomingRequests<B> {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Bytes>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let next = ready!(self.poll_message(cx));
        // What cannot be read now will not be later, and a handler may pass over errors.
        self.ended = !matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }
}

fn broken_off() -> Error {
    Error::invalid_argument("the request broke off within a message")
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use http_body_util::Full;

    use super::*;

    #[tokio::test]
    async fn a_stream_of_requests_ends_with_what_cannot_be_read() {
        for (sent, messages) in
            [("\0\0\0\0\x01a\x02\0\0\0\0", 1), ("\0\0\0\0\x0bhello, world", 0), ("\0\0\0\0\x01a\0\0\0\0\x05b", 1)]
        {
            let requests = IncomingRequests {
                body: Full::new(Bytes::from_static(sent.as_bytes())),
                unread: Unread::default(),
                limit: 10,
                formats: CompressionRegistry::default(),
                format: None,
                counter: ActivityCounter::default(),
                ended: false,
            };
            let read: Vec<_> = requests.map(|request| request.is_ok()).take(5).collect().await;
            assert_eq!(read, [&[true, true][..messages], &[false]].concat());
        }
    }
}
