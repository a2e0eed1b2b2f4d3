use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::engine::{self, Stream};
use super::{Pem, TlsIdentity};
use crate::errors::Result;

/// TLS configuration of a port: its certificates, and the clients it accepts.
///
/// Files that change are read again, within about a second of the next connection; those that are open stay as they are. New
/// files that cannot be used are logged once, and the old ones stay in use.
///
/// ```no_run
/// use micro::transport::tls::{TlsIdentity, Pem, ServerTls};
///
/// # async fn example() -> micro::Result<()> {
/// let tls = ServerTls::new(TlsIdentity::files("tls/chain.pem", "tls/key.pem"))?
///     .with_clients(Pem::file("tls/our-authority.pem"))?;
/// let running = micro::app().server_tls(tls).linked().start().await?;
/// # Ok(()) }
/// ```
///
/// Cloning it is cheap and gives the same.
#[derive(Clone)]
pub struct ServerTls(Arc<engine::TlsServer>);

impl ServerTls {
    /// Uses this certificate for every client.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound), [`PermissionDenied`](crate::Code::PermissionDenied) or
    /// [`Unavailable`](crate::Code::Unavailable) when a file cannot be read; [`InvalidArgument`](crate::Code::InvalidArgument)
    /// when it is not what it should be, or the key is that of another certificate;
    /// [`Unimplemented`](crate::Code::Unimplemented) in a program without the feature `tls`.
    pub fn new(identity: TlsIdentity) -> Result<Self> {
        Ok(ServerTls(Arc::new(engine::TlsServer::new(identity, None)?)))
    }

    /// Requires a client certificate signed by one of these authorities.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_clients(self, authorities: Pem) -> Result<Self> {
        Ok(ServerTls(Arc::new(engine::TlsServer::new(self.0.identity().clone(), Some(authorities))?)))
    }

    /// Shakes hands with a client that has connected, and agrees with it on one of `protocols`, the preferred one first.
    pub(crate) async fn accept<I>(&self, io: I, protocols: &[&[u8]]) -> io::Result<Stream<I>>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        self.0.accept(io, protocols).await
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("identity", self.0.identity()).finish_non_exhaustive()
    }
}
