//! One connection, from the inside: the one task that reads and writes its socket.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Cx, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt;

use super::frame::{self, FrameKind};
use super::keepalive::Keepalive;
use super::protocol_error::{ProtocolError, Reason};
use super::shared_connection::SharedConnection;
use super::socket::Reading;
use super::wire::{Cursor, put_block};
use crate::util::clock::{self, Instant, Sleep};

/// Smallest and largest size of a read: it grows with the traffic, and most connections are quiet.
const MIN_READ: usize = 512;
const MAX_READ: usize = 64 * 1024;
/// Capacity reserved for a frame on the word of its head; beyond that it doubles as bytes arrive.
const INITIAL_FRAME_CAPACITY: usize = 4 * 1024;
/// Number of reads before other tasks get their turn.
const READS_PER_TURN: usize = 4;
/// Time without a read after which memory is released.
const IDLE_BEFORE_SHRINK: Duration = Duration::from_secs(1);
/// A role, client or server, that handles incoming frames.
pub(super) trait Role {
    /// The calls it has.
    type Calls;

    /// Takes frames, which are whole.
    fn read(&mut self, frames: &Bytes) -> Result<(), ProtocolError>;

    /// Does what is due without anything having been read. Ready when there is nothing left to do but to write what is
    /// queued.
    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<()>;

    /// Returns the time of the next timer.
    fn due(&mut self) -> Option<Instant>;

    /// Gives memory back, because nothing happens.
    fn rest(&mut self);

    /// `true` if reading stops while the peer does not read.
    const WAITS: bool;
}

/// Reason a connection has ended.
#[derive(Debug)]
pub(super) enum ConnectionEnd {
    /// This side was done.
    Finished,
    /// The peer closed it, or it was lost.
    Lost(Option<io::Error>),
    /// The peer did what is not allowed.
    Violated(ProtocolError),
}

/// Drives a connection until it ends.
#[derive(Debug)]
pub(super) struct ConnectionDriver<S: Role> {
    side: S,
    shared: Arc<SharedConnection<S::Calls>>,
    socket: Reading,
    buffer: BytesMut,
    /// Length of the frame at the beginning of the buffer, if its head is complete.
    wanted: usize,
    size: usize,
    taken: Vec<u8>,
    written: usize,
    yielded: bool,
    keepalive: Keepalive,
    /// `true` if memory is held that a quiet connection does not need.
    holds: bool,
    timer: Pin<Box<Sleep>>,
}

impl<S: Role> ConnectionDriver<S> {
    pub(super) fn new(
        side: S,
        shared: Arc<SharedConnection<S::Calls>>,
        socket: Reading,
        buffer: BytesMut,
        keepalive: Duration,
    ) -> Self {
        let keepalive = Keepalive::new(keepalive);
        let timer = Box::pin(clock::sleep_until(keepalive.end()));
        let (wanted, size, taken, written, yielded) = (0, MIN_READ, Vec::new(), 0, false);
        ConnectionDriver {
            side,
            shared,
            socket,
            buffer,
            wanted,
            size,
            taken,
            written,
            yielded,
            keepalive,
            holds: true,
            timer,
        }
    }

    /// Reads and writes until the end. What the peer did wrong it is told, if it can be.
    pub(super) async fn run(&mut self) -> ConnectionEnd {
        // What came with HELLO was read before there was a driver.
        let mut ended = self.frames().err();
        if ended.is_none() {
            ended = Some(std::future::poll_fn(|cx| self.poll(cx)).await);
        }
        let ended = ended.expect("one of both");
        if let ConnectionEnd::Violated(violation) = &ended {
            self.shared.with(|queue, _| {
                queue.frame(FrameKind::Bye, 0, 0, |out| {
                    out.push(violation.reason() as u8);
                    put_block(out, violation.words().as_bytes());
                });
            });
            let told = std::future::poll_fn(|cx| self.poll_write(cx));
            drop(clock::timeout(Duration::from_millis(100), told).await);
        }
        ended
    }

    /// The side, once it has ended, and the socket for what is left to read.
    pub(super) fn into_parts(self) -> (S, Reading) {
        (self.side, self.socket)
    }

    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<ConnectionEnd> {
        self.shared.with(|queue, _| queue.awake());
        let read = match self.poll_read(cx) {
            Ok(read) => read,
            Err(ended) => return Poll::Ready(ended),
        };
        let finished = self.side.poll(cx).is_ready();
        if let Err(violation) = self.poll_time(cx) {
            return Poll::Ready(ConnectionEnd::Violated(violation));
        }
        // Tasks that can run now may have frames to add: one turn for all of them, and then one write.
        if !read && !finished && !self.yielded && self.written == self.taken.len() {
            self.yielded = true;
            if self.shared.with(|queue, _| queue.has_more()) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        self.yielded = false;
        match self.poll_write(cx) {
            Poll::Ready(Ok(())) if finished => Poll::Ready(ConnectionEnd::Finished),
            Poll::Ready(Err(error)) => Poll::Ready(ConnectionEnd::Lost(Some(error))),
            _ => Poll::Pending,
        }
    }

    /// Reads what is there and takes the frames of it. Gives whether there was any.
    fn poll_read(&mut self, cx: &mut Cx<'_>) -> Result<bool, ConnectionEnd> {
        let mut any = false;
        for _ in 0..READS_PER_TURN {
            if S::WAITS && self.is_stuffed(cx) {
                return Ok(any);
            }
            match self.poll_fill(cx) {
                Poll::Pending => return Ok(any),
                Poll::Ready(Ok(0)) => return Err(ConnectionEnd::Lost(None)),
                Poll::Ready(Err(error)) => return Err(ConnectionEnd::Lost(Some(error))),
                Poll::Ready(Ok(_)) => {}
            }
            any = true;
            self.holds = true;
            self.keepalive.hear();
            self.frames()?;
        }
        cx.waker().wake_by_ref();
        Ok(any)
    }

    fn poll_fill(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<usize>> {
        // A connection on which nothing comes has no buffer.
        ready!(self.socket.poll_ready(cx))?;
        // Memory is given for bytes that came, not for promises.
        let rest = self.wanted.saturating_sub(self.buffer.len()).min(self.buffer.len().max(INITIAL_FRAME_CAPACITY));
        if self.buffer.capacity() - self.buffer.len() < rest.max(self.size / 4) {
            self.buffer.reserve(self.size.max(rest));
        }
        let room = self.buffer.capacity() - self.buffer.len();
        let count = ready!(pin!(self.socket.read_buf(&mut self.buffer)).poll(cx))?;
        if count == room {
            self.size = (2 * self.size).min(MAX_READ);
        }
        Poll::Ready(Ok(count))
    }

    /// Takes the whole frames of the buffer.
    fn frames(&mut self) -> Result<(), ConnectionEnd> {
        loop {
            let (end, wanted) =
                frame::whole(&self.buffer, self.shared.ours.frame()).map_err(ConnectionEnd::Violated)?;
            self.wanted = wanted;
            if end == 0 {
                break;
            }
            let frames = self.buffer.split_to(end).freeze();
            self.side.read(&frames).map_err(ConnectionEnd::Violated)?;
            self.keepalive.complete();
        }
        if self.buffer.is_empty() {
            self.keepalive.complete();
        } else {
            let end = self.keepalive.begin(self.wanted);
            if self.timer.deadline() > end {
                self.timer.as_mut().reset(end);
            }
        }
        Ok(())
    }

    fn is_stuffed(&mut self, cx: &Cx<'_>) -> bool {
        self.shared.with(|queue, _| queue.poll_room(cx)).is_pending()
    }

    fn poll_time(&mut self, cx: &mut Cx<'_>) -> Result<(), ProtocolError> {
        let due = earlier(self.side.due(), self.quiet());
        if let Some(due) = due
            && due < self.timer.deadline()
        {
            self.timer.as_mut().reset(due);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = clock::now();
            if self.keepalive.should_ping(now)? {
                self.shared.with(|queue, _| queue.frame(FrameKind::Ping, 0, 0, |out| out.extend_from_slice(&[0; 8])));
                // What was written since the last rest has left room too.
                self.holds = true;
            }
            if self.quiet().is_some_and(|quiet| quiet <= now) {
                self.rest();
            }
            // What was due is done before the next wait is measured.
            let _ = self.side.poll(cx);
            let due = earlier(self.side.due(), self.quiet());
            let next = due.map_or(self.keepalive.end(), |due| due.min(self.keepalive.end()));
            self.timer.as_mut().reset(next);
        }
        Ok(())
    }

    /// Returns the time to release memory if nothing arrives until then.
    fn quiet(&self) -> Option<Instant> {
        self.holds.then(|| self.keepalive.heard() + IDLE_BEFORE_SHRINK)
    }

    fn rest(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.size = MIN_READ;
        }
        if self.written == self.taken.len() {
            (self.taken, self.written) = (Vec::new(), 0);
            self.shared.with(|queue, _| queue.rest());
        }
        self.side.rest();
        self.holds = false;
    }

    /// Ready when everything is written.
    fn poll_write(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.written == self.taken.len() {
                self.taken.clear();
                self.written = 0;
                let taken = &mut self.taken;
                if self.shared.with(|queue, _| queue.take(taken, cx)) {
                    cx.waker().wake_by_ref();
                }
                if self.taken.is_empty() {
                    return self.socket.poll_flush(cx);
                }
            }
            match self.socket.try_write(&self.taken[self.written..]) {
                Ok(count) => {
                    self.written += count;
                    wake(self.shared.with(|queue, _| queue.wrote(count)));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.socket.poll_write_ready(cx))?,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// The earlier of two moments, where there are any.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

/// Wakes all tasks.
pub(super) fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

/// PING and PONG, which both sides take alike. `None` for every other frame.
pub(super) fn on_ping(
    frame: &frame::Frame<'_>,
    queue: &mut super::shared_connection::FrameQueue,
) -> Option<Result<(), ProtocolError>> {
    let mut body: Cursor<'_> = frame.body;
    match frame.kind {
        FrameKind::Pong => Some(Ok(())),
        FrameKind::Ping if queue.is_full() => {
            Some(Err(ProtocolError::new(Reason::TooMany, "a question while answers wait to be read")))
        }
        FrameKind::Ping => Some(body.array::<8>().map(|token| {
            queue.frame(FrameKind::Pong, 0, 0, |out| out.extend_from_slice(&token));
        })),
        _ => None,
    }
}
