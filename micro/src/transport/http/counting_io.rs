//! Counts the bytes read from a connection.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// Counter of bytes read, with a notification once `wanted` bytes have arrived.
#[derive(Debug)]
pub(super) struct ReadCounter {
    wanted: usize,
    read: AtomicUsize,
    notify: Notify,
}

impl ReadCounter {
    pub(super) fn new(wanted: usize) -> Self {
        ReadCounter { wanted, read: AtomicUsize::new(0), notify: Notify::new() }
    }

    /// Counts `count` bytes more.
    pub(super) fn add(&self, count: usize) {
        let before = self.read.fetch_add(count, Ordering::AcqRel);
        if before < self.wanted && before.saturating_add(count) >= self.wanted {
            self.notify.notify_waiters();
        }
    }

    /// Returns the number of bytes read. It wraps after some exabytes.
    pub(super) fn count(&self) -> usize {
        self.read.load(Ordering::Acquire)
    }

    /// Waits until it was enough.
    pub(super) async fn enough(&self) {
        let mut notified = pin!(self.notify.notified());
        notified.as_mut().enable();
        if self.read.load(Ordering::Acquire) < self.wanted {
            notified.await;
        }
    }
}

/// A connection that counts what is read from it.
#[derive(Debug)]
pub(super) struct CountingIo<I> {
    io: I,
    seen: Arc<ReadCounter>,
}

impl<I> CountingIo<I> {
    pub(super) fn new(io: I, seen: Arc<ReadCounter>) -> Self {
        CountingIo { io, seen }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for CountingIo<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        self.seen.add(buf.filled().len() - before);
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for CountingIo<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
