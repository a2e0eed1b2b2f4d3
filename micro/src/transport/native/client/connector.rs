use std::fmt;
use std::sync::Arc;

use super::connection;
use super::options::NativeClientOptions;
use crate::errors::Result;
use crate::rpc::BoxFuture;
use crate::transport::native::NAME;
use crate::transport::tls::{Alpn, TlsMode};
use crate::transport::{ConnectError, Connection, Connector, Destination, Dialer, PoolLimits, Reach};

/// Connects to nodes that speak `micro/1`.
pub struct NativeConnector {
    options: NativeClientOptions,
    dialer: Dialer,
}

impl NativeConnector {
    /// A connector with these options.
    pub fn new(options: NativeClientOptions) -> Self {
        let dialer = Dialer::new(options.tls.clone(), Alpn::Required(NAME.as_bytes()), options.connect_timeout);
        NativeConnector { options, dialer }
    }
}

impl Connector for NativeConnector {
    fn name(&self) -> &'static str {
        NAME
    }

    fn reach(&self, to: &Destination<'_>) -> Reach {
        if to.lists_wire(NAME) { Reach::Listed } else { Reach::Unsupported }
    }

    fn limits(&self) -> PoolLimits {
        let NativeClientOptions { connections, idle, .. } = self.options;
        PoolLimits { connections, most_connections: connections, idle }
    }

    fn connect<'a>(
        &'a self,
        address: &'a str,
        security: TlsMode,
    ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ConnectError>> {
        Box::pin(async move {
            let connection = connection::open(&self.dialer, &self.options, address, security).await?;
            Ok(connection as Arc<dyn Connection>)
        })
    }
}

impl fmt::Debug for NativeConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeConnector").field("options", &self.options).finish_non_exhaustive()
    }
}
