//! TLS, in a build that does not have it: every use of it fails with the reason.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as Cx, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Alpn, Pem, TlsIdentity, TlsMode};
use crate::errors::{Error, Result};
use crate::transport::connector::ConnectError;
use crate::transport::not_sent;
use crate::util::net::{OwnedReadHalf, TcpStream};

const WHY: &str = "this program cannot speak TLS: build it with the feature `tls` of micro";

pub(super) fn check(address: &str) -> Result<()> {
    Err(missing(address))
}

fn missing(address: &str) -> Error {
    not_sent(format!("`{address}` is to be called with TLS, and {WHY}"))
}

pub(super) struct TlsServer(Infallible);

impl TlsServer {
    pub(super) fn new(_: TlsIdentity, _: Option<Pem>) -> Result<Self> {
        Err(Error::unimplemented(WHY))
    }

    pub(super) fn identity(&self) -> &TlsIdentity {
        match self.0 {}
    }

    pub(super) async fn accept<I>(&self, _: I, _: &[&[u8]]) -> io::Result<Stream<I>> {
        match self.0 {}
    }
}

#[derive(Debug, Default)]
pub(super) struct TlsClient;

impl TlsClient {
    pub(super) fn with_authorities(&self, _: Pem) -> Result<Self> {
        Err(Error::unimplemented(WHY))
    }

    pub(super) fn with_identity(&self, _: TlsIdentity) -> Result<Self> {
        Err(Error::unimplemented(WHY))
    }

    pub(super) fn with_name(&self, _: &str) -> Result<Self> {
        Err(Error::unimplemented(WHY))
    }

    pub(super) async fn connect<I>(&self, _: I, address: &str, _: TlsMode, _: Alpn) -> Result<Stream<I>, ConnectError> {
        Err(ConnectError::Refused(missing(address)))
    }
}

pub(in crate::transport) fn reason(_: &(dyn StdError + 'static)) -> Option<String> {
    None
}

#[derive(Debug)]
pub(crate) struct Stream<I>(Infallible, PhantomData<I>);

#[derive(Debug)]
pub(crate) struct TlsSession(Infallible);

#[derive(Debug)]
pub(in crate::transport) struct Reading(Infallible);

#[derive(Debug)]
pub(in crate::transport) struct Writing(Infallible);

pub(in crate::transport) fn halves(_: TcpStream, session: TlsSession) -> (Reading, Writing) {
    match session.0 {}
}

impl<I> Stream<I> {
    pub(crate) fn alpn(&self) -> Option<&[u8]> {
        match self.0 {}
    }

    pub(crate) fn into_parts(self) -> (I, TlsSession) {
        match self.0 {}
    }
}

impl Reading {
    pub(in crate::transport) fn poll_ready(&mut self, _: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    pub(in crate::transport) fn try_write(&self, _: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    pub(in crate::transport) fn poll_write_ready(&self, _: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    pub(in crate::transport) fn poll_flush(&self, _: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    pub(in crate::transport) fn into_tcp(self) -> OwnedReadHalf {
        match self.0 {}
    }
}

impl AsyncRead for Reading {
    fn poll_read(self: Pin<&mut Self>, _: &mut Cx<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}

impl Writing {
    pub(in crate::transport) fn try_write(&self, _: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    pub(in crate::transport) fn wants_flush(&self) -> bool {
        match self.0 {}
    }
}

impl<I> AsyncRead for Stream<I> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Cx<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}

impl<I> AsyncWrite for Stream<I> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Cx<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match self.0 {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use crate::errors::{Code, Execution};
    use crate::transport::tls::{ClientTls, Pem, ServerTls, TlsIdentity, TlsMode};

    #[test]
    fn whoever_wants_tls_hears_which_feature_it_takes() {
        let identity = TlsIdentity::files("a.pem", "b.pem");
        let errors = [
            ServerTls::new(identity.clone()).unwrap_err(),
            ClientTls::new().with_identity(identity).unwrap_err(),
            ClientTls::new().with_authorities(Pem::file("c.pem")).unwrap_err(),
            ClientTls::new().with_name("nodes").unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.code(), Code::Unimplemented);
            assert!(error.message().contains("the feature `tls` of micro"), "{error}");
        }
        let client = ClientTls::new();
        client.check("10.0.0.7:80", TlsMode::Unencrypted).unwrap();
        for security in [TlsMode::Host, TlsMode::Node] {
            let error = client.check("10.0.0.7:80", security).unwrap_err();
            assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
            assert!(error.message().starts_with("`10.0.0.7:80` is to be called with TLS"), "{error}");
        }
    }
}
