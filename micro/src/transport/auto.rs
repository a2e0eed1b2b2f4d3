//! The way a call leaves the process: over the connector that reaches the node.

use std::sync::Arc;

use super::connector::Connector;
use super::http::{self, HttpConnector};
use super::native::{self, NativeConnector};
use super::pool::Pool;
use super::{Outbound, Request};
use crate::errors::Result;
use crate::rpc::{BoxFuture, Payload};

/// The protocol that other micro processes are called with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wire {
    /// The connector that reaches the node: `micro/1` for nodes that list it, HTTP for others, and for those that turn out
    /// not to speak it.
    #[default]
    Auto,
    /// `micro/1` for every node.
    Native,
    /// HTTP for every node.
    Http,
}

/// Calls other processes over the connectors that reach them, with one pool of connections for all.
///
/// One attempt is one attempt: it never repeats a call, and says of every failure whether the method can have run.
///
/// The default has `micro/1` and HTTP with the options they have by default. Cloning it is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct AutoTransport {
    pool: Pool,
    wire: Wire,
}

impl AutoTransport {
    /// A transport over `micro/1` and HTTP.
    pub fn new(native: native::NativeClientOptions, http: http::HttpClientOptions) -> Self {
        Self::over(vec![Arc::new(NativeConnector::new(native)), Arc::new(HttpConnector::new(http))])
    }

    /// A transport over these connectors; among those that reach a node alike the first is preferred.
    ///
    /// # Panics
    ///
    /// With more than 32 of them.
    pub fn over(connectors: Vec<Arc<dyn Connector>>) -> Self {
        AutoTransport { pool: Pool::new(connectors, None), wire: Wire::Auto }
    }

    /// A transport over one connector, for every node.
    pub fn only(connector: Arc<dyn Connector>) -> Self {
        let name = connector.name();
        AutoTransport { pool: Pool::new(vec![connector], Some(name)), wire: Wire::Auto }
    }

    /// Adds a connector behind those there are. Connections that are open stay with the transport it was called on.
    ///
    /// # Panics
    ///
    /// With more than 32 of them.
    #[must_use]
    pub fn with_connector(self, connector: Arc<dyn Connector>) -> Self {
        let mut connectors = self.pool.connectors().to_vec();
        connectors.push(connector);
        AutoTransport::over(connectors).with_wire(self.wire)
    }

    /// Uses one connector for every node, or with [`Wire::Auto`] the one that reaches it.
    #[must_use]
    pub fn with_wire(self, wire: Wire) -> Self {
        let only = match wire {
            Wire::Auto => None,
            Wire::Native => Some(native::NAME),
            Wire::Http => Some(http::NAME),
        };
        AutoTransport { pool: Pool::new(self.pool.connectors().to_vec(), only), wire }
    }
}

impl Default for AutoTransport {
    fn default() -> Self {
        Self::new(native::NativeClientOptions::default(), http::HttpClientOptions::default())
    }
}

impl Outbound for AutoTransport {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        if let Some(lease) = self.pool.ready(&request.to) {
            record(lease.wire);
            return lease.connection.call(request, lease.permit);
        }
        Box::pin(async move {
            let lease = self.pool.lease(&request.to, request.context).await?;
            record(lease.wire);
            lease.connection.call(request, lease.permit).await
        })
    }
}

/// Writes the wire on the span of the attempt, where there is one.
fn record(wire: &'static str) {
    if tracing::span_enabled!(target: "micro::client", tracing::Level::INFO) {
        tracing::Span::current().record("wire", wire);
    }
}
