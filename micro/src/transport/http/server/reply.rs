//! The response as connectrpc made it, and what it cannot know.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context as Cx, Poll, ready};

use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use connectrpc::ConnectRpcBody;
use http::HeaderMap;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::transport::http::frame_coalescing::CoalescingBody;
use crate::transport::http::{metadata, status};

/// The flags of the last envelope of a stream: Connect's, whose body is JSON, and gRPC-Web's, whose body is header lines.
const CONNECT_END: u8 = 0x02;
const GRPC_WEB_END: u8 = 0x80;
/// The flag and the length in front of an envelope.
const PREFIX_SIZE: usize = 5;

/// State of a reply's stream that is known only while it runs.
#[derive(Debug, Default)]
pub(super) struct StreamTrailers {
    context: OnceLock<Context>,
    ended: AtomicBool,
}

impl StreamTrailers {
    /// The stream begins; its trailers will be on `context`.
    pub(super) fn begin(&self, context: Context) {
        let _ = self.context.set(context);
    }

    /// The stream has given its last item.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    fn ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn trailers(&self) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        if let Some(context) = self.context.get() {
            metadata::to_reply(&context.reply_trailers(), &mut trailers);
        }
        trailers
    }
}

/// Makes of connectrpc's response the one that is sent.
pub(super) async fn finish(response: http::Response<ConnectRpcBody>, late: Arc<StreamTrailers>) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = match body {
        // Its length is known, which a body of ours would hide.
        ConnectRpcBody::Full(body) => axum::body::Body::new(body),
        body if parts.headers.contains_key(status::STATUS) => {
            headers_only(&mut parts.headers, body).await;
            axum::body::Body::empty()
        }
        body @ ConnectRpcBody::GrpcUnary(_) => axum::body::Body::new(body),
        body => axum::body::Body::new(CoalescingBody::new(ConnectBody { inner: body, late, last: None }, None)),
    };
    Response::from_parts(parts, body)
}

/// Puts everything a failed gRPC call has to say into its headers.
///
/// connectrpc repeats the status there but leaves details and metadata in the trailers, and clients that see a status in the
/// headers look no further.
async fn headers_only(headers: &mut HeaderMap, mut body: ConnectRpcBody) {
    let Some(Ok(frame)) = body.frame().await else { return };
    let Ok(trailers) = frame.into_trailers() else { return };
    headers.remove(status::STATUS);
    headers.remove(status::MESSAGE);
    for (name, value) in &trailers {
        headers.append(name, value.clone());
    }
}

/// A body that adds the trailers a stream has set while it ran.
struct ConnectBody {
    inner: ConnectRpcBody,
    late: Arc<StreamTrailers>,
    // What may be the last frame, which takes the trailers. Few frames follow the end of the stream, and all are ready.
    last: Option<Frame<Bytes>>,
}

impl Body for ConnectBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            let Some(Ok(frame)) = ready!(Pin::new(&mut this.inner).poll_frame(cx)) else {
                let last = this.last.take().map(|last| with_trailers(last, this.late.trailers()));
                return Poll::Ready(last.map(Ok));
            };
            if !this.late.ended() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if let Some(earlier) = this.last.replace(frame) {
                return Poll::Ready(Some(Ok(earlier)));
            }
        }
    }
}

/// The last frame of a stream with more trailers in it.
fn with_trailers(last: Frame<Bytes>, more: HeaderMap) -> Frame<Bytes> {
    match last.into_data() {
        Ok(envelope) => Frame::data(envelope_with_trailers(envelope, &more)),
        Err(frame) => {
            let mut trailers = frame.into_trailers().unwrap_or_default();
            trailers.extend(more);
            Frame::trailers(trailers)
        }
    }
}

fn envelope_with_trailers(envelope: Bytes, trailers: &HeaderMap) -> Bytes {
    if trailers.is_empty() || envelope.len() < PREFIX_SIZE {
        return envelope;
    }
    let (flag, body) = (envelope[0], &envelope[PREFIX_SIZE..]);
    let body = match flag {
        CONNECT_END => connect_end(body, trailers),
        GRPC_WEB_END => Some(grpc_web_end(body, trailers)),
        _ => None,
    };
    match body.and_then(|body| Some((u32::try_from(body.len()).ok()?, body))) {
        None => envelope,
        Some((length, body)) => {
            let mut out = BytesMut::with_capacity(PREFIX_SIZE + body.len());
            out.put_u8(flag);
            out.put_u32(length);
            out.put_slice(&body);
            out.freeze()
        }
    }
}

fn connect_end(body: &[u8], trailers: &HeaderMap) -> Option<Vec<u8>> {
    let mut end: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let metadata = end.entry("metadata").or_insert_with(|| Value::Object(Map::new())).as_object_mut()?;
    for (name, value) in trailers {
        let values = metadata.entry(name.as_str()).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()?;
        values.push(String::from_utf8_lossy(value.as_bytes()).into());
    }
    serde_json::to_vec(&end).ok()
}

fn grpc_web_end(body: &[u8], trailers: &HeaderMap) -> Vec<u8> {
    let mut lines = body.to_vec();
    for (name, value) in trailers {
        lines.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    lines
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn envelope(flag: u8, body: &[u8]) -> Bytes {
        let mut out = vec![flag, 0, 0, 0, body.len() as u8];
        out.extend(body);
        out.into()
    }

    #[test]
    fn late_trailers_join_the_last_envelope() {
        let trailers = HeaderMap::from_iter([(http::HeaderName::from_static("sum"), HeaderValue::from_static("6"))]);
        let connect = envelope_with_trailers(envelope(2, b"{\"metadata\":{\"a\":[\"b\"]}}"), &trailers);
        assert_eq!(connect, envelope(2, b"{\"metadata\":{\"a\":[\"b\"],\"sum\":[\"6\"]}}"));
        let web = envelope_with_trailers(envelope(0x80, b"grpc-status: 0\r\n"), &trailers);
        assert_eq!(web, envelope(0x80, b"grpc-status: 0\r\nsum: 6\r\n"));
        let none = envelope(2, b"{}");
        assert_eq!(envelope_with_trailers(none.clone(), &HeaderMap::new()), none);
        for odd in [envelope(0, b"x"), envelope(2, b"[]"), Bytes::from_static(b"\x02")] {
            assert_eq!(envelope_with_trailers(odd.clone(), &trailers), odd);
        }
    }
}
