use std::sync::Arc;

use super::connector::NativeConnector;
use super::options::NativeClientOptions;
use crate::errors::Result;
use crate::rpc::{BoxFuture, Payload};
use crate::transport::{AutoTransport, Outbound, Request};

/// Calls other processes with `micro/1` and nothing else.
///
/// Cloning it is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct NativeClient(AutoTransport);

impl NativeClient {
    /// A client without connections; they are opened by the calls.
    pub fn new(options: NativeClientOptions) -> Self {
        NativeClient(AutoTransport::only(Arc::new(NativeConnector::new(options))))
    }
}

impl Default for NativeClient {
    fn default() -> Self {
        Self::new(NativeClientOptions::default())
    }
}

impl Outbound for NativeClient {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        self.0.call(request)
    }
}
