//! The bytes below a protocol: a socket as it is, or with TLS in it.

use std::io;
use std::pin::Pin;
use std::task::{Context as Cx, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::linger::LingeringStream;
use super::tls;
use crate::util::net::TcpStream;

/// A connection to a peer: a socket as it is, or with TLS in it.
///
/// A server gets one with every [`Accepted`](super::Accepted) connection, a client from a [`Dialer`](super::Dialer). Small
/// writes leave at once.
#[derive(Debug)]
pub struct Io(Inner);

#[derive(Debug)]
enum Inner {
    Plain(LingeringStream),
    Tls(tls::Stream<LingeringStream>),
}

impl Io {
    pub(crate) fn plain(stream: LingeringStream) -> Self {
        Io(Inner::Plain(stream))
    }

    pub(crate) fn encrypted(stream: tls::Stream<LingeringStream>) -> Self {
        Io(Inner::Tls(stream))
    }

    /// Returns `true` if the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self.0, Inner::Tls(_))
    }

    /// The protocol that the peers agreed on in the handshake of TLS (ALPN).
    pub fn alpn(&self) -> Option<&[u8]> {
        match &self.0 {
            Inner::Plain(_) => None,
            Inner::Tls(stream) => stream.alpn(),
        }
    }

    /// The socket, for a protocol that sees to its end itself, and what TLS is to know of it.
    pub(in crate::transport) fn into_parts(self) -> (TcpStream, Option<tls::TlsSession>) {
        match self.0 {
            Inner::Plain(stream) => (stream.release(), None),
            Inner::Tls(stream) => {
                let (stream, session) = stream.into_parts();
                (stream.release(), Some(session))
            }
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Cx<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Inner::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Cx<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Inner::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Inner::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Cx<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Inner::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Inner::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Inner::Plain(stream) => stream.is_write_vectored(),
            Inner::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Inner::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
