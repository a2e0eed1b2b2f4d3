use std::fmt;
use std::sync::Arc;

use super::compression::Compression;
use super::connection;
use super::options::HttpClientOptions;
use crate::errors::Result;
use crate::rpc::BoxFuture;
use crate::transport::http::NAME;
use crate::transport::tls::{Alpn, TlsMode};
use crate::transport::{ConnectError, Connection, Connector, Destination, Dialer, PoolLimits, Reach};

/// Connects to nodes that speak gRPC over HTTP/2, which is to be tried with every node.
pub struct HttpConnector {
    options: HttpClientOptions,
    dialer: Dialer,
    compression: Compression,
}

impl HttpConnector {
    /// A connector with these options.
    pub fn new(options: HttpClientOptions) -> Self {
        // Not every server that speaks HTTP/2 with TLS says so in the handshake.
        let dialer = Dialer::new(options.tls.clone(), Alpn::Optional(b"h2"), options.connect_timeout);
        let compression = Compression::new(options.compress);
        HttpConnector { options, dialer, compression }
    }
}

impl Connector for HttpConnector {
    fn name(&self) -> &'static str {
        NAME
    }

    fn reach(&self, _: &Destination<'_>) -> Reach {
        Reach::Fallback
    }

    fn limits(&self) -> PoolLimits {
        let HttpClientOptions { connections, most_connections, idle, .. } = self.options;
        PoolLimits { connections, most_connections, idle }
    }

    fn connect<'a>(
        &'a self,
        address: &'a str,
        security: TlsMode,
    ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ConnectError>> {
        Box::pin(async move {
            let connection =
                connection::open(&self.dialer, &self.options, &self.compression, address, security).await?;
            Ok(connection as Arc<dyn Connection>)
        })
    }
}

impl fmt::Debug for HttpConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConnector").field("options", &self.options).finish_non_exhaustive()
    }
}
