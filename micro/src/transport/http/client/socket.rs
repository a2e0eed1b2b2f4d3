//! What a connection goes over: a socket as it is, or with TLS in it.

use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context as Cx, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::tls::{Stream, reason};
use crate::util::net::TcpStream;

#[derive(Debug)]
pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Stream<TcpStream>, Why),
}

/// Why TLS has failed behind the handshake: it is there that a server says that it does not accept the client, and HTTP/2 keeps
/// no more of it than a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Why(Arc<OnceLock<String>>);

impl Why {
    pub(super) fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    fn note(&self, polled: &Poll<io::Result<()>>) {
        if let Poll::Ready(Err(error)) = polled
            && let Some(why) = reason(error)
        {
            let _ = self.0.set(why);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Cx<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_read(cx, buf),
            Socket::Tls(stream, why) => {
                let polled = pin!(stream).poll_read(cx, buf);
                why.note(&polled);
                polled
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Cx<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_write(cx, buf),
            Socket::Tls(stream, _) => pin!(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Cx<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_write_vectored(cx, bufs),
            Socket::Tls(stream, _) => pin!(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Socket::Plain(stream) => stream.is_write_vectored(),
            Socket::Tls(stream, _) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_flush(cx),
            Socket::Tls(stream, _) => pin!(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => pin!(stream).poll_shutdown(cx),
            Socket::Tls(stream, _) => pin!(stream).poll_shutdown(cx),
        }
    }
}
