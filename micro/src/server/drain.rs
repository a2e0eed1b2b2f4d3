//! Ending: in which order, and what a connection still says when it closes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::{oneshot, watch};

use crate::util::clock;
use crate::util::net::TcpStream;

/// How long a closing connection waits for its peer to close too.
const LINGER: Duration = Duration::from_secs(1);

/// How far a server has got on its way out. It only ever goes forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Everything is served.
    #[default]
    Serving,
    /// Everything is served, and HTTP/1.1 clients are asked to come back elsewhere: the node has left the registry, and
    /// not everybody has heard.
    Leaving,
    /// No new connections and no new calls; those in flight are finished.
    Draining,
    /// What is left is dropped.
    Forced,
}

/// Tells a server in which [`Phase`] it is. Cloning it is cheap and gives the same switch.
#[derive(Clone, Debug, Default)]
pub struct Switch(watch::Sender<Phase>);

impl Switch {
    /// A switch at [`Phase::Serving`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on to `phase`; nothing happens when it is there or beyond.
    pub fn to(&self, phase: Phase) {
        self.0.send_if_modified(|now| {
            let further = phase > *now;
            *now = phase.max(*now);
            further
        });
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Waits until it has got to `phase`.
    pub async fn reached(&self, phase: Phase) {
        // The sender lives in `self`, so the wait ends with the value alone.
        drop(self.0.subscribe().wait_for(|now| *now >= phase).await);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_switch_only_goes_forward() {
        let switch = Switch::new();
        switch.to(Phase::Draining);
        switch.to(Phase::Leaving);
        assert_eq!(switch.phase(), Phase::Draining);
        switch.reached(Phase::Leaving).await;
        switch.reached(Phase::Draining).await;
    }
}
