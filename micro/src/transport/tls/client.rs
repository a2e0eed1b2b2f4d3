use std::fmt;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::engine::{self, Stream};
use super::{Alpn, Pem, TlsIdentity, TlsMode};
use crate::errors::Result;
use crate::transport::connector::ConnectError;

/// TLS configuration of a client: trusted authorities, and its own certificate.
///
/// By default it believes the authorities that the platform does, expects the host of the address, and shows nothing. Files
/// that change are read again, within about a second of the next connection.
///
/// ```no_run
/// use micro::transport::tls::{ClientTls, Pem};
///
/// # async fn example() -> micro::Result<()> {
/// let tls = ClientTls::new().with_authorities(Pem::file("tls/our-authority.pem"))?.with_name("nodes.internal")?;
/// let running = micro::app().client_tls(tls).start().await?;
/// # Ok(()) }
/// ```
///
/// Cloning it is cheap and gives the same.
#[derive(Clone, Default)]
pub struct ClientTls(Arc<engine::TlsClient>);

impl ClientTls {
    /// Believes the authorities that the platform does. They are read when they are needed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Believes these authorities and no others.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound), [`PermissionDenied`](crate::Code::PermissionDenied) or
    /// [`Unavailable`](crate::Code::Unavailable) when a file cannot be read; [`InvalidArgument`](crate::Code::InvalidArgument)
    /// when it is not what it should be; [`Unimplemented`](crate::Code::Unimplemented) in a program without the feature `tls`.
    pub fn with_authorities(self, authorities: Pem) -> Result<Self> {
        Ok(Self::of(self.0.with_authorities(authorities)?))
    }

    /// Shows this certificate to servers that ask for one.
    ///
    /// # Errors
    ///
    /// As [`with_authorities`](Self::with_authorities); also when the key is that of another certificate.
    pub fn with_identity(self, identity: TlsIdentity) -> Result<Self> {
        Ok(Self::of(self.0.with_identity(identity)?))
    }

    /// Expects this name in the certificates of nodes from the registry, whose addresses are often numbers. What is called by
    /// an address of its own, `https://host:port`, has to be that host all the same.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is neither the name of a host nor an IP address;
    /// [`Unimplemented`](crate::Code::Unimplemented) in a program without the feature `tls`.
    pub fn with_name(self, name: &str) -> Result<Self> {
        Ok(Self::of(self.0.with_name(name)?))
    }

    fn of(engine: engine::TlsClient) -> Self {
        ClientTls(Arc::new(engine))
    }

    /// Checks that this program can connect to `address` with `security` at all, before anything is tried.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    pub(in crate::transport) fn check(&self, address: &str, security: TlsMode) -> Result<()> {
        if security.is_tls() { engine::check(address) } else { Ok(()) }
    }

    /// Shakes hands with `address` and sees that it is who it should be. Dropping the future closes the connection.
    pub(in crate::transport) async fn connect<I>(
        &self,
        stream: I,
        address: &str,
        security: TlsMode,
        alpn: Alpn,
    ) -> Result<Stream<I>, ConnectError>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        self.0.connect(stream, address, security, alpn).await
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientTls").field(&self.0).finish()
    }
}
