//! What a connection goes over: a socket as it is, or with TLS in it.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context as Cx, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::tls::Stream;
use crate::util::net::TcpStream;

#[derive(Debug)]
pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Stream<TcpStream>),
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Cx<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_read(cx, buf),
            Socket::Tls(stream) => pin!(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Cx<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_write(cx, buf),
            Socket::Tls(stream) => pin!(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Cx<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_write_vectored(cx, bufs),
            Socket::Tls(stream) => pin!(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Socket::Plain(stream) => stream.is_write_vectored(),
            Socket::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_flush(cx),
            Socket::Tls(stream) => pin!(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_shutdown(cx),
            Socket::Tls(stream) => pin!(stream).poll_shutdown(cx),
        }
    }
}
