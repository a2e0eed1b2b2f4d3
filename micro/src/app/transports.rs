//! How a program reaches others and is reached.

use std::sync::Arc;

use super::Settings;
use crate::errors::Result;
use crate::transport::http::{self, HttpClient};
use crate::transport::memory::Network;
use crate::transport::native::{self, NativeClient};
use crate::transport::tls::{ClientTls, ServerTls};
use crate::transport::{Outbound, Wires};

/// What the code of a program says of its transports; the settings say the rest.
#[derive(Default)]
pub(super) struct Transports {
    /// The network within the process that takes the place of sockets.
    pub(super) network: Option<Network>,
    pub(super) server_tls: Option<ServerTls>,
    pub(super) client_tls: Option<ClientTls>,
}

impl Transports {
    /// Returns the certificate of the port, where it is to be encrypted. A network within the process is not.
    ///
    /// # Errors
    ///
    /// What is wrong with the files that the settings name.
    pub(super) fn take_server_tls(&mut self, settings: &Settings) -> Result<Option<ServerTls>> {
        let tls = match self.server_tls.take() {
            Some(tls) => Some(tls),
            None => settings.tls.server()?,
        };
        Ok(tls.filter(|_| self.network.is_none()))
    }

    /// Returns the way to other programs.
    ///
    /// # Errors
    ///
    /// As [`take_server_tls`](Self::take_server_tls).
    pub(super) fn take_outbound(&mut self, settings: &Settings) -> Result<Arc<dyn Outbound>> {
        if let Some(network) = &self.network {
            return Ok(Arc::new(network.clone()));
        }
        let message_limit = settings.message_limit.bytes();
        let tls = match self.client_tls.take() {
            Some(tls) => tls,
            None => settings.tls.client()?,
        };
        let connections = usize::from(settings.connections);
        let native = native::ClientOptions { message_limit, connections, tls: tls.clone(), ..Default::default() };
        let http = http::ClientOptions {
            message_limit,
            connections,
            most_connections: 2 * connections,
            compress: settings.compress,
            tls,
            ..Default::default()
        };
        Ok(Arc::new(Wires::new(settings.wire, NativeClient::new(native), HttpClient::new(http))))
    }
}
