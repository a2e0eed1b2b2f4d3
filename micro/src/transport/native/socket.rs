//! The socket of a connection, in two halves: as it is, or with TLS in it.
//!
//! Both kinds are written as far as they go, and waited for by readiness: a task with a frame to send writes it without a
//! task in between. Which kind it is costs a comparison where the system is called anyway.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context as Cx, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use crate::transport::{Io, tls};
use crate::util::net::{OwnedReadHalf, OwnedWriteHalf, TcpStream};

/// The half of the one task that drives the connection: it reads, and it writes too.
#[derive(Debug)]
pub(super) enum Reading {
    Plain(OwnedReadHalf),
    Tls(tls::Reading),
}

/// The half of those who write beside it. Dropping it says that nothing more comes.
#[derive(Debug)]
pub(super) enum Writing {
    Plain(OwnedWriteHalf),
    Tls(tls::Writing),
}

/// The halves of a connection.
pub(super) fn halves(io: Io) -> (Reading, Writing) {
    let (stream, session) = io.into_parts();
    match session {
        None => {
            let (reading, writing) = stream.into_split();
            (Reading::Plain(reading), Writing::Plain(writing))
        }
        Some(session) => {
            let (reading, writing) = tls::halves(stream, session);
            (Reading::Tls(reading), Writing::Tls(writing))
        }
    }
}

impl Reading {
    /// Waits until there is something to read, which takes no buffer.
    pub(super) fn poll_ready(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self {
            Reading::Plain(half) => AsRef::<TcpStream>::as_ref(half).poll_read_ready(cx),
            Reading::Tls(half) => half.poll_ready(cx),
        }
    }

    /// Writes what goes. With TLS, what it takes may be on its way for a while: see [`poll_flush`](Self::poll_flush).
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Reading::Plain(half) => AsRef::<TcpStream>::as_ref(half).try_write(bytes),
            Reading::Tls(half) => half.try_write(bytes),
        }
    }

    /// Waits until something can be written.
    pub(super) fn poll_write_ready(&self, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self {
            Reading::Plain(half) => AsRef::<TcpStream>::as_ref(half).poll_write_ready(cx),
            Reading::Tls(half) => half.poll_write_ready(cx),
        }
    }

    /// Waits until the system has all that was written.
    pub(super) fn poll_flush(&self, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        match self {
            Reading::Plain(_) => Poll::Ready(Ok(())),
            Reading::Tls(half) => half.poll_flush(cx),
        }
    }

    /// Writes all of it.
    pub(super) async fn send(&self, mut bytes: &[u8]) -> io::Result<()> {
        std::future::poll_fn(|cx| {
            while !bytes.is_empty() {
                match self.try_write(bytes) {
                    Ok(count) => bytes = &bytes[count..],
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.poll_write_ready(cx))?,
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            self.poll_flush(cx)
        })
        .await
    }

    /// The socket below, on which nothing is read any more but its end.
    pub(super) fn into_tcp(self) -> OwnedReadHalf {
        match self {
            Reading::Plain(half) => half,
            Reading::Tls(half) => half.into_tcp(),
        }
    }
}

impl AsyncRead for Reading {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Cx<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Reading::Plain(half) => pin!(half).poll_read(cx, buf),
            Reading::Tls(half) => pin!(half).poll_read(cx, buf),
        }
    }
}

impl Writing {
    /// Writes what goes.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Writing::Plain(half) => half.try_write(bytes),
            Writing::Tls(half) => half.try_write(bytes),
        }
    }

    /// Returns `true` if written bytes still have to be flushed.
    pub(super) fn wants_flush(&self) -> bool {
        match self {
            Writing::Plain(_) => false,
            Writing::Tls(half) => half.wants_flush(),
        }
    }
}
