use std::sync::Arc;

use super::connector::HttpConnector;
use super::options::HttpClientOptions;
use crate::errors::Result;
use crate::rpc::{BoxFuture, Payload};
use crate::transport::{AutoTransport, Outbound, Request};

/// Calls other processes with gRPC over HTTP/2 and nothing else.
///
/// Cloning it is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct HttpClient(AutoTransport);

impl HttpClient {
    /// A client without connections; they are opened by the calls.
    pub fn new(options: HttpClientOptions) -> Self {
        HttpClient(AutoTransport::only(Arc::new(HttpConnector::new(options))))
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new(HttpClientOptions::default())
    }
}

impl Outbound for HttpClient {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        self.0.call(request)
    }
}
