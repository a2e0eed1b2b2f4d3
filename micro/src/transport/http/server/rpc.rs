//! One call, from the request to the response.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context as Cx, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use connectrpc::{CompressionRegistry, ConnectRpcBody, ConnectRpcService, DeadlinePolicy, Limits};
use http::header::{ALLOW, CONTENT_TYPE, VARY};
use http::{HeaderValue, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Limited};

use super::HttpServerOptions;
use super::answer::ConnectService;
use super::body_timeout::TimeoutBody;
use super::grpc::{Grpc, GrpcContentType, RemoteCaller};
use super::negotiate::{self, ACCEPT_POST, Negotiated, is_readable};
use super::reply::{self, StreamTrailers};
use super::response_body::ResponseBody;
use crate::codec::Codec;
use crate::errors::{Code, Error, Result};
use crate::rpc::BoxFuture;
use crate::transport::http::status;
use crate::transport::{CallHead, CallShape, Dispatcher, Route, names};
use crate::util::clock;

/// Longer than any call; keeps what peers ask for within what clocks can say.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

/// The fallback of the router: everything that is no route of the user's is a call.
#[derive(Clone)]
pub(super) struct Rpc(Arc<Shared>);

struct Shared {
    grpc: Grpc,
    limits: Limits,
    deadlines: DeadlinePolicy,
    compression: CompressionRegistry,
}

impl Rpc {
    pub(super) fn new(dispatcher: Dispatcher, options: &HttpServerOptions) -> Self {
        // The body of a unary gRPC call is the message and five bytes in front of it.
        let limits = Limits::unlimited()
            .with_max_message_size(options.message_limit)
            .with_max_request_body_size(options.message_limit.saturating_add(5));
        let deadlines = DeadlinePolicy::new().with_max(MAX_TIMEOUT).with_enforce_on_streams(true);
        // Whatever is compiled in. It unpacks no more than the limit of a message.
        let compression = CompressionRegistry::default();
        let grpc = Grpc::new(dispatcher, options.message_limit, options.body_timeout);
        Rpc(Arc::new(Shared { grpc, limits, deadlines, compression }))
    }

    /// Returns the handler of gRPC calls.
    pub(super) fn grpc(&self) -> &Grpc {
        &self.0.grpc
    }

    /// The method that is called, if a service here has it.
    pub(super) fn described<B>(&self, request: &Request<B>) -> Option<Route> {
        self.route(request).ok().filter(|route| !route.is_fallback())
    }

    async fn answer(self, mut request: Request<Body>) -> Response {
        let reading = is_for_reading(&request);
        let plain = request.version() == Version::HTTP_2 && request.method() == Method::POST;
        let spoken = plain.then(|| GrpcContentType::of(request.headers())).flatten();
        let negotiated = negotiate::negotiate(&mut request);
        let mut response = match (self.route(&request), spoken) {
            (Ok(route), Some(spoken)) => return self.in_grpc(route, spoken, request).await,
            (Ok(route), None) if reading && !is_readable(&route) => not_readable(),
            (Ok(route), None) => self.run(route, negotiated.as_ref(), request).await,
            (Err(error), _) => refuse(&error, request).await,
        };
        if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            response.headers_mut().insert(ACCEPT_POST, negotiate::accept_post());
        }
        if let Some(negotiated) = negotiated {
            negotiated.restore(response.headers_mut());
        }
        if reading {
            // A cache must not give one caller what another one asked to have compressed.
            response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }

    async fn in_grpc(&self, route: Route, spoken: GrpcContentType, request: Request<Body>) -> Response {
        let (head, body) = request.into_parts();
        let caller = head.extensions.get().map(|ConnectInfo(peer): &ConnectInfo<SocketAddr>| RemoteCaller::new(*peer));
        self.grpc().answer(route, spoken, caller.as_ref(), head, body).await.map(ResponseBody::into_axum)
    }

    fn route<B>(&self, request: &Request<B>) -> Result<Route> {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let arrival =
            CallHead { path: request.uri().path(), service: header(names::SERVICE), node: header(names::NODE) };
        self.0.grpc.dispatcher.route(&arrival, shape(request))
    }

    async fn run(&self, route: Route, negotiated: Option<&Negotiated>, request: Request<Body>) -> Response {
        let late = Arc::new(StreamTrailers::default());
        let request = match route.method().client_streaming() {
            true => request,
            false => request.map(|body| Body::new(TimeoutBody::new(body, self.0.grpc.patience))),
        };
        let answer = ConnectService {
            dispatcher: self.0.grpc.dispatcher.clone(),
            route,
            codec: negotiated.map_or(Codec::PROTO, |negotiated| negotiated.codec),
            peer: request.extensions().get().map(|ConnectInfo(peer): &ConnectInfo<SocketAddr>| *peer),
            late: late.clone(),
        };
        // A service of its own for every call: it is a few counters, and the route is found once, with all the request says.
        let mut service = ConnectRpcService::new(answer)
            .with_limits(self.0.limits)
            .with_deadline_policy(self.0.deadlines.clone())
            .with_compression(self.0.compression.clone());
        let Ok(response) = tower::Service::call(&mut service, request).await;
        reply::finish(response, late).await
    }
}

/// Returns the shape of a call to a method without a description: only plain calls of Connect are one message each way.
fn shape<B>(request: &Request<B>) -> CallShape {
    let content_type = request.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let enveloped = content_type.starts_with(b"application/grpc") || content_type.starts_with(b"application/connect+");
    if enveloped { CallShape::Both } else { CallShape::Neither }
}

impl tower::Service<Request<Body>> for Rpc {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Cx<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let rpc = self.clone();
        Box::pin(async move { Ok(rpc.answer(request).await) })
    }
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rpc")
    }
}

fn is_for_reading(request: &Request<Body>) -> bool {
    request.method() == Method::GET
}

fn not_readable() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")]).into_response()
}

/// Answers a call that no service here runs.
async fn refuse(error: &Error, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if parts.version < Version::HTTP_2 {
        drain(body).await;
    }
    let mut connect = status::refusal(error);
    if error.code() == Code::Unimplemented {
        connect = connect.with_http_status(StatusCode::NOT_FOUND);
    }
    let response: http::Response<ConnectRpcBody> = connect.into_http_response(&parts.headers);
    reply::finish(response, Arc::default()).await
}

/// Reads what is left of a request: an HTTP/1.1 client that is still writing would not read the answer.
async fn drain(body: Body) {
    const MAX_UNPROVEN: usize = 64 * 1024;
    const MAX_TIMEOUT: Duration = Duration::from_secs(1);
    drop(clock::timeout(MAX_TIMEOUT, Limited::new(body, MAX_UNPROVEN).collect()).await);
}
