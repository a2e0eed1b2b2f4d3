//! Ending: in which order, and what a connection still says when it closes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::oneshot;

use crate::util::clock;
use crate::util::net::TcpStream;

/// How long a closing connection waits for its peer to close too.
const LINGER: Duration = Duration::from_secs(1);

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every call was finished and every connection closed.
    Clean,
    /// So many connections were dropped when the time was up.
    Forced(usize),
}

/// Ties `stream` to the task that owns its end: whoever drops the first value leaves the socket to the second.
///
/// It sits below TLS and HTTP.
pub(super) fn lingering(stream: TcpStream) -> (Lingering, Left) {
    let (leave, left) = oneshot::channel();
    (Lingering { stream: Some(stream), leave: Some(leave) }, Left(left))
}

/// A socket that is not closed when it is dropped.
#[derive(Debug)]
pub(super) struct Lingering {
    stream: Option<TcpStream>,
    leave: Option<oneshot::Sender<TcpStream>>,
}

/// What is left of a [`Lingering`] connection.
#[derive(Debug)]
pub(super) struct Left(oneshot::Receiver<TcpStream>);

impl Left {
    /// Closes the connection in a way that loses nothing: says that nothing more comes, then reads until the peer has closed
    /// too. A socket that is closed with bytes unread makes the peer forget what it has not read yet: the last answers, and
    /// that the server was going away.
    ///
    /// Waits for whatever still holds the connection, such as a task it was handed to by an upgrade.
    pub(super) async fn close(self) {
        let Ok(mut stream) = self.0.await else { return };
        let ended = clock::timeout(LINGER, async {
            stream.shutdown().await?;
            // On the heap: a connection would carry it within itself from its beginning.
            let mut unread = vec![0_u8; 4096];
            while stream.read(&mut unread).await? > 0 {}
            io::Result::Ok(())
        });
        drop(ended.await);
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if let (Some(stream), Some(leave)) = (self.stream.take(), self.leave.take()) {
            // Nobody there: the owner was dropped, and wants the socket closed at once.
            drop(leave.send(stream));
        }
    }
}

impl Lingering {
    /// The socket, for somebody who sees to its end.
    pub(super) fn release(mut self) -> TcpStream {
        self.stream.take().expect("taken at its end only")
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(self.get_mut().stream.as_mut().expect("taken at its end only"))
    }
}

impl AsyncRead for Lingering {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
