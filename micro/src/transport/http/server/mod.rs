//! The serving end.

mod answer;
mod body_timeout;
mod connection;
mod grpc;
mod hosts;
mod negotiate;
mod options;
mod reply;
mod response_body;
mod rpc;
mod trailers;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use http::header::CONNECTION;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt;

pub use hosts::Hosts;
pub use options::HttpServerOptions;

use grpc::{GrpcContentType, RemoteCaller};
use response_body::ResponseBody;
use rpc::Rpc;

use crate::transport::{Dispatcher, Inbound};
use crate::util::lifecycle::{Lifecycle, State};

/// Answers gRPC, gRPC-Web, Connect and plain JSON on any connection it is given, beside the user's own routes.
///
/// Cloning it is cheap and gives the same server.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use axum::Router;
/// use micro::transport::Inbound;
/// use micro::transport::http::{HttpServer, HttpServerOptions};
///
/// fn server(inbound: Arc<dyn Inbound>) -> HttpServer {
///     let routes = Router::new().route("/hello", axum::routing::get(|| async { "hello" }));
///     HttpServer::new(inbound, [routes], HttpServerOptions::default())
/// }
/// ```
#[derive(Clone)]
pub struct HttpServer {
    router: axum::Router,
    calls: Rpc,
    // Something stands in front of all that is answered, calls included.
    layered: bool,
    options: Arc<HttpServerOptions>,
    lifecycle: Lifecycle,
}

impl HttpServer {
    /// A server of what `inbound` answers. The `routes` come first, in their order: what none of them matches is a call, so
    /// a fallback of their own is not reached. Before them come only the gRPC calls of methods that are served here.
    pub fn new(
        inbound: Arc<dyn Inbound>,
        routes: impl IntoIterator<Item = axum::Router, IntoIter: DoubleEndedIterator>,
        options: HttpServerOptions,
    ) -> Self {
        let calls = Rpc::new(Dispatcher::new(inbound), &options);
        let last = axum::Router::new().fallback_service(calls.clone());
        let router = routes.into_iter().rev().fold(last, |rest, routes| routes.fallback_service(rest));
        HttpServer { router, calls, layered: false, options: Arc::new(options), lifecycle: Lifecycle::new() }
    }

    /// Passes everything the server answers, calls and routes, through `change`: the place for layers of `tower`.
    #[must_use]
    pub fn map_router(mut self, change: impl FnOnce(axum::Router) -> axum::Router) -> Self {
        self.router = change(self.router);
        self.layered = true;
        self
    }

    /// Serves one connection until it ends.
    ///
    /// From [`State::LameDuck`] on HTTP/1.1 clients are told with every answer to open their next connection elsewhere: unlike
    /// those of HTTP/2 they cannot be told that a request was not processed, so they should be gone before the connections
    /// close. From [`State::Draining`] on no new calls are taken and the connection ends behind the last open one. Dropping the
    /// future closes the connection and drops the handlers of its calls.
    pub async fn serve_connection<I>(&self, io: I, peer: SocketAddr, lifecycle: Lifecycle)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (server, caller) = (HttpServer { lifecycle: lifecycle.clone(), ..self.clone() }, RemoteCaller::new(peer));
        let drain = lifecycle.wait_for(State::Draining);
        connection::serve(io, move |request| server.clone().answer(request, caller.clone()), &self.options, drain)
            .await;
    }

    async fn answer(self, request: Request<Incoming>, caller: RemoteCaller) -> Response<ResponseBody> {
        if let Err(refusal) = self.options.hosts.check(&request) {
            return (StatusCode::FORBIDDEN, refusal).into_response().map(ResponseBody::other);
        }
        if let Some(spoken) = self.plainly_spoken(&request)
            && let Some(route) = self.calls.described(&request)
        {
            let (head, body) = request.into_parts();
            return self.calls.grpc().answer(route, spoken, Some(&caller), head, body).await;
        }
        Box::pin(self.route(request, caller.address)).await
    }

    /// Returns the content type of a gRPC call that need not pass the routes and their layers.
    fn plainly_spoken(&self, request: &Request<Incoming>) -> Option<GrpcContentType> {
        let plain = !self.layered && request.version() == Version::HTTP_2 && request.method() == Method::POST;
        plain.then(|| GrpcContentType::of(request.headers())).flatten()
    }

    async fn route(self, mut request: Request<Incoming>, peer: SocketAddr) -> Response<ResponseBody> {
        let version = request.version();
        request.extensions_mut().insert(ConnectInfo(peer));
        let request = request.map(axum::body::Body::new);
        let Ok(mut response) = self.router.oneshot(request).await;
        if version < Version::HTTP_2 && self.lifecycle.state() >= State::LameDuck {
            response.headers_mut().entry(CONNECTION).or_insert(HeaderValue::from_static("close"));
        }
        response.map(ResponseBody::other)
    }
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").field("options", &self.options).finish_non_exhaustive()
    }
}
