//! A socket that is closed in a way that loses nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::oneshot;

use crate::util::clock;
use crate::util::net::TcpStream;

/// Time a closing connection waits for its peer to close too.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// A socket below TLS and a protocol. Dropped, it goes to the owner of its end, where it has one, instead of being closed.
#[derive(Debug)]
pub(crate) struct LingeringStream {
    stream: Option<TcpStream>,
    owner: Option<oneshot::Sender<TcpStream>>,
}

/// The end of a [`LingeringStream`].
#[derive(Debug)]
pub(crate) struct LingeringClose(oneshot::Receiver<TcpStream>);

/// Ties `stream` to the task that owns its end: dropping the first value leaves the socket to the second.
pub(crate) fn lingering(stream: TcpStream) -> (LingeringStream, LingeringClose) {
    let (owner, end) = oneshot::channel();
    (LingeringStream { stream: Some(stream), owner: Some(owner) }, LingeringClose(end))
}

impl LingeringClose {
    /// Closes the connection in a way that loses nothing: says that nothing more comes, then reads until the peer has closed
    /// too. A socket that is closed with bytes unread makes the peer forget what it has not read yet: the last answers, and
    /// that the server was going away.
    ///
    /// Waits for whatever still holds the connection, such as a task it was handed to by an upgrade.
    pub(crate) async fn close(self) {
        let Ok(mut stream) = self.0.await else { return };
        let ended = clock::timeout(LINGER_TIMEOUT, async {
            stream.shutdown().await?;
            // On the heap: a connection would carry it within itself from its beginning.
            let mut unread = vec![0_u8; 4096];
            while stream.read(&mut unread).await? > 0 {}
            io::Result::Ok(())
        });
        drop(ended.await);
    }
}

impl LingeringStream {
    /// A socket that is closed when it is dropped, as others are.
    pub(super) fn unowned(stream: TcpStream) -> Self {
        LingeringStream { stream: Some(stream), owner: None }
    }

    /// The socket, for a protocol that sees to its end itself.
    pub(super) fn release(mut self) -> TcpStream {
        self.stream.take().expect("taken at its end only")
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(self.get_mut().stream.as_mut().expect("taken at its end only"))
    }
}

impl Drop for LingeringStream {
    fn drop(&mut self) {
        if let (Some(stream), Some(owner)) = (self.stream.take(), self.owner.take()) {
            // The owner may be gone; then the socket is to be closed at once.
            drop(owner.send(stream));
        }
    }
}

impl AsyncRead for LingeringStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for LingeringStream {
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
