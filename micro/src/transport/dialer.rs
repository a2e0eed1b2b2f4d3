//! Opening sockets for connectors.

use std::time::Duration;

use super::connector::ConnectError;
use super::io::Io;
use super::linger::LingeringStream;
use super::not_sent::not_sent;
use super::tls::{Alpn, ClientTls, TlsMode};
use crate::errors::Error;
use crate::util::{clock, net};

/// Opens sockets to peers, encrypted where that is asked for: what the connectors over TCP share.
///
/// Nothing that is to be encrypted is sent in the clear.
#[derive(Clone, Debug)]
pub struct Dialer {
    tls: ClientTls,
    alpn: Alpn,
    timeout: Duration,
}

impl Dialer {
    /// Connects within `timeout`. With TLS, the peer has to be one that `tls` trusts, and speak `alpn`.
    pub fn new(tls: ClientTls, alpn: Alpn, timeout: Duration) -> Self {
        Dialer { tls, alpn, timeout }
    }

    /// Connects to `address`, `host:port`, and shakes hands with it as `security` asks.
    ///
    /// # Errors
    ///
    /// [`ConnectError::Foreign`] when the peer knows TLS and not the protocol, [`ConnectError::Refused`] when the two do not
    /// accept each other, [`ConnectError::Unreachable`] otherwise.
    pub async fn dial(&self, address: &str, security: TlsMode) -> Result<Io, ConnectError> {
        self.tls.check(address, security).map_err(ConnectError::Unreachable)?;
        let opened = clock::timeout(self.timeout, self.open(address, security)).await;
        opened.unwrap_or_else(|_| Err(ConnectError::Unreachable(self.late(address))))
    }

    async fn open(&self, address: &str, security: TlsMode) -> Result<Io, ConnectError> {
        let stream = net::connect(address).await.map_err(|error| {
            let words = format!("cannot connect to `{address}`: {}", error.kind());
            ConnectError::Unreachable(not_sent(words).with_source(error))
        })?;
        let stream = LingeringStream::unowned(stream);
        if !security.is_tls() {
            return Ok(Io::plain(stream));
        }
        self.tls.connect(stream, address, security, self.alpn).await.map(Io::encrypted)
    }

    /// Returns the connect timeout.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The failure of a connection that was not there in time.
    pub(super) fn late(&self, address: &str) -> Error {
        not_sent(format!("no connection to `{address}` within {:?}", self.timeout))
    }
}
