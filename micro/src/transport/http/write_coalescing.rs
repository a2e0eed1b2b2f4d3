//! Writes, gathered: what the calls of a connection have to say leaves in one go.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So much is gathered before it is written in any case.
const MAX_BUFFERED: usize = 64 * 1024;
/// A buffer that has grown beyond this is not kept while nothing is in it.
const MAX_IDLE_CAPACITY: usize = 16 * 1024;

/// The calls a connection has.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight(Arc<InFlightCounts>);

#[derive(Debug, Default)]
struct InFlightCounts {
    now: AtomicUsize,
    /// The most there were since the last write: what is written is often the end of a call.
    most: AtomicUsize,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct InFlightGuard(InFlight);

impl InFlight {
    /// One more.
    pub(super) fn one_more(&self) -> InFlightGuard {
        let before = self.0.now.fetch_add(1, Ordering::Relaxed);
        self.0.most.fetch_max(before + 1, Ordering::Relaxed);
        InFlightGuard(self.clone())
    }

    /// Returns the number of calls in flight.
    pub(super) fn count(&self) -> usize {
        self.0.now.load(Ordering::Relaxed)
    }

    /// Returns `true` if there is no other call to wait for.
    fn is_alone(&self) -> bool {
        self.0.most.load(Ordering::Relaxed) < 2
    }

    fn written(&self) {
        self.0.most.store(self.count(), Ordering::Relaxed);
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection that lets its task come round once more before it writes, unless it has one call only.
///
/// The task of an HTTP/2 connection is woken by the first of its calls that has something to send, and would write that
/// alone: a system call for each frame costs more than all the rest. By the time the task has its next turn, every call that
/// could run has run.
///
/// A turn begins with reading, as those of hyper and h2 do, and ends with flushing.
#[derive(Debug)]
pub(super) struct CoalescingIo<I> {
    io: I,
    calls: InFlight,
    out: BytesMut,
    flush: FlushState,
}

/// State of a requested flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FlushState {
    /// No flush is deferred.
    Done,
    /// Deferred in this turn.
    PutOff,
    /// Deferred in an earlier turn.
    Due,
}

impl<I> CoalescingIo<I> {
    pub(super) fn new(io: I, calls: InFlight) -> Self {
        CoalescingIo { io, calls, out: BytesMut::new(), flush: FlushState::Done }
    }

    fn writes_at_once(&self) -> bool {
        self.out.is_empty() && self.calls.is_alone()
    }
}

impl<I: AsyncWrite + Unpin> CoalescingIo<I> {
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let count = ready!(Pin::new(&mut self.io).poll_write(cx, &self.out))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(count);
        }
        if self.out.capacity() > MAX_IDLE_CAPACITY {
            self.out = BytesMut::new();
        }
        self.flush = FlushState::Done;
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for CoalescingIo<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.flush == FlushState::PutOff {
            self.flush = FlushState::Due;
        }
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for CoalescingIo<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.out.len() + buf.len() > MAX_BUFFERED {
            ready!(self.poll_out(cx))?;
        }
        if self.writes_at_once() || buf.len() > MAX_BUFFERED {
            return Pin::new(&mut self.io).poll_write(cx, buf);
        }
        self.out.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = bufs.iter().map(|buf| buf.len()).sum();
        if self.out.len() + length > MAX_BUFFERED {
            ready!(self.poll_out(cx))?;
        }
        if self.writes_at_once() || length > MAX_BUFFERED {
            return Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        }
        for buf in bufs {
            self.out.extend_from_slice(buf);
        }
        Poll::Ready(Ok(length))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.out.is_empty() && this.flush != FlushState::Due && !this.calls.is_alone() {
            if this.flush == FlushState::Done {
                this.flush = FlushState::PutOff;
                cx.waker().wake_by_ref();
            }
            return Poll::Ready(Ok(()));
        }
        ready!(this.poll_out(cx))?;
        this.calls.written();
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    // What the peer has got so far.
    fn arrived(peer: &mut tokio::io::DuplexStream) -> Vec<u8> {
        let (mut cx, mut bytes) = (Context::from_waker(std::task::Waker::noop()), vec![0; 1 << 20]);
        let mut buf = ReadBuf::new(&mut bytes);
        let _ = Pin::new(peer).poll_read(&mut cx, &mut buf);
        buf.filled().to_vec()
    }

    // The turn of a connection: it reads what is there, writes, and flushes.
    fn turn(connection: &mut CoalescingIo<tokio::io::DuplexStream>, bytes: &[u8]) {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let _ = Pin::new(&mut *connection).poll_read(&mut cx, &mut ReadBuf::new(&mut [0; 16]));
        if !bytes.is_empty() {
            assert!(Pin::new(&mut *connection).poll_write(&mut cx, bytes).is_ready());
        }
        assert!(Pin::new(connection).poll_flush(&mut cx).is_ready());
    }

    #[tokio::test]
    async fn one_call_alone_is_written_at_once() {
        let (io, mut peer) = tokio::io::duplex(1 << 20);
        let calls = InFlight::default();
        let mut connection = CoalescingIo::new(io, calls.clone());
        let _one = calls.one_more();
        turn(&mut connection, b"one");
        assert_eq!(arrived(&mut peer), b"one");
    }

    #[tokio::test]
    async fn what_several_calls_say_within_two_turns_leaves_together() {
        let (io, mut peer) = tokio::io::duplex(1 << 20);
        let calls = InFlight::default();
        let mut connection = CoalescingIo::new(io, calls.clone());
        let busy = [calls.one_more(), calls.one_more()];
        turn(&mut connection, b"one ");
        assert_eq!(arrived(&mut peer), b"");
        turn(&mut connection, b"two ");
        assert_eq!(arrived(&mut peer), b"one two ");
        turn(&mut connection, b"three ");
        turn(&mut connection, b"");
        assert_eq!(arrived(&mut peer), b"three ");
        // They end with what they say.
        drop(busy);
        turn(&mut connection, b"four ");
        assert_eq!(arrived(&mut peer), b"");
        turn(&mut connection, b"five ");
        assert_eq!(arrived(&mut peer), b"four five ");
        let _one = calls.one_more();
        turn(&mut connection, b"six");
        assert_eq!(arrived(&mut peer), b"six");
    }

    #[tokio::test]
    async fn nothing_is_lost_when_it_is_much_or_the_last() {
        let (io, mut peer) = tokio::io::duplex(1 << 10);
        let calls = InFlight::default();
        let mut connection = CoalescingIo::new(io, calls.clone());
        let _busy = [calls.one_more(), calls.one_more()];
        let sent: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
        let expected = sent.clone();
        let reading = tokio::spawn(async move {
            let mut read = Vec::new();
            peer.read_to_end(&mut read).await.map(|_| read)
        });
        for part in sent.chunks(7_777) {
            connection.write_all(part).await.unwrap();
            connection.flush().await.unwrap();
        }
        connection.shutdown().await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), expected);
    }

    /// A socket that takes as much as it likes, when it likes, and remembers whom to wake.
    #[derive(Debug, Default)]
    struct Moody {
        chance: u64,
        taken: Vec<u8>,
        waiting: Option<std::task::Waker>,
    }

    impl Moody {
        /// A number below `limit`, from a sequence that is the same every time.
        fn any(&mut self, limit: usize) -> usize {
            self.chance ^= self.chance << 13;
            self.chance ^= self.chance >> 7;
            self.chance ^= self.chance << 17;
            self.chance as usize % limit
        }
    }

    impl AsyncRead for Moody {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Moody {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            if self.any(3) == 0 {
                self.waiting = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let count = 1 + self.any(buf.len());
            self.taken.extend_from_slice(&buf[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[derive(Default)]
    struct Woken(std::sync::atomic::AtomicBool);

    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// The task of a connection as h2 has it: frames it has not written yet, and a limit of them.
    struct Connection {
        io: CoalescingIo<Moody>,
        frames: BytesMut,
    }

    impl Connection {
        fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
            if self.frames.len() > MAX_IDLE_CAPACITY {
                // With no room for the answer to what it may read, it does not read.
                ready!(self.flush(cx));
            }
            let _ = Pin::new(&mut self.io).poll_read(cx, &mut ReadBuf::new(&mut [0; 16]));
            self.flush(cx)
        }

        fn flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
            while !self.frames.is_empty() {
                let parts = self.frames.split_at(self.frames.len() / 2);
                let parts = [IoSlice::new(parts.0), IoSlice::new(parts.1)];
                let count = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, &parts)).unwrap();
                self.frames.advance(count);
            }
            Pin::new(&mut self.io).poll_flush(cx).map(Result::unwrap)
        }
    }

    #[test]
    fn whatever_is_flushed_arrives_with_no_other_wake_up_than_those_asked_for() {
        for seed in 1..50 {
            let (calls, woken) = (InFlight::default(), Arc::new(Woken::default()));
            let waker = std::task::Waker::from(woken.clone());
            let cx = &mut Context::from_waker(&waker);
            let moody = Moody { chance: seed, ..Moody::default() };
            let mut connection = Connection { io: CoalescingIo::new(moody, calls.clone()), frames: BytesMut::new() };
            let (mut busy, mut sent) = (Vec::new(), Vec::new());
            for _ in 0..30 {
                match connection.io.io.any(4) {
                    0 => busy.push(calls.one_more()),
                    1 => drop(busy.pop()),
                    2 => drop(std::mem::take(&mut busy)),
                    _ => busy.extend([calls.one_more(), calls.one_more()]),
                }
                let most = [10, 1_000, MAX_BUFFERED, 3 * MAX_BUFFERED][connection.io.io.any(4)];
                let frame: Vec<u8> = (0..connection.io.io.any(most)).map(|n| (sent.len() + n) as u8).collect();
                sent.extend_from_slice(&frame);
                connection.frames.extend_from_slice(&frame);
                woken.0.store(true, Ordering::Relaxed);
                // More may come at any time, or not until all is quiet.
                let mut patience = [0, 1, 2, 10_000][connection.io.io.any(4)];
                while patience > 0 && woken.0.swap(false, Ordering::Relaxed) {
                    patience -= 1;
                    let _ = connection.turn(cx);
                    if let Some(waker) = connection.io.io.waiting.take() {
                        waker.wake();
                    }
                }
                assert!(patience == 0 || connection.io.io.taken == sent, "{seed}: something is left behind");
                assert!(sent.starts_with(&connection.io.io.taken), "{seed}: out of order");
            }
        }
    }
}
