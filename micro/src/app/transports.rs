//! Transports of a program: protocols and connectors.

use std::sync::Arc;

use super::Settings;
use crate::errors::Result;
use crate::selector::Balancer;
use crate::transport::http;
use crate::transport::memory::Network;
use crate::transport::native::{self, NativeServer};
use crate::transport::tls::{ClientTls, ServerTls};
use crate::transport::{AutoTransport, Connector, Inbound, Outbound, Protocol, Wire};

/// Makes a protocol that hands its calls to the server of the app.
pub(super) type MakeProtocol = Box<dyn FnOnce(Arc<dyn Inbound>) -> Arc<dyn Protocol> + Send>;

/// Transports set in code; the settings complete them.
#[derive(Default)]
pub(super) struct Transports {
    /// The network within the process that takes the place of sockets.
    pub(super) network: Option<Network>,
    pub(super) server_tls: Option<ServerTls>,
    pub(super) client_tls: Option<ClientTls>,
    pub(super) protocols: Vec<MakeProtocol>,
    pub(super) connectors: Vec<Arc<dyn Connector>>,
    pub(super) balancer: Option<Balancer>,
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

    /// Returns what the port speaks beside HTTP: `micro/1`, unless the settings leave it out, and what the program added.
    pub(super) fn take_protocols(&mut self, settings: &Settings, server: Arc<dyn Inbound>) -> Vec<Arc<dyn Protocol>> {
        let mut protocols: Vec<Arc<dyn Protocol>> = Vec::new();
        if settings.wire != Wire::Http {
            let options =
                native::NativeServerOptions { message_limit: settings.message_limit.bytes(), ..Default::default() };
            protocols.push(Arc::new(NativeServer::new(server.clone(), options)));
        }
        protocols.extend(std::mem::take(&mut self.protocols).into_iter().map(|make| make(server.clone())));
        protocols
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
        let native = native::NativeClientOptions { message_limit, connections, tls: tls.clone(), ..Default::default() };
        let http = http::HttpClientOptions {
            message_limit,
            connections,
            most_connections: 2 * connections,
            compress: settings.compress,
            tls,
            ..Default::default()
        };
        let connectors = std::mem::take(&mut self.connectors);
        let transport = connectors.into_iter().fold(AutoTransport::new(native, http), AutoTransport::with_connector);
        Ok(Arc::new(transport.with_wire(settings.wire)))
    }
}
