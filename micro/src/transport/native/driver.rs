//! One connection, from the inside: the one task that reads and writes its socket.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Cx, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt;

use super::frame::{self, Kind};
use super::link::Link;
use super::silence::Silence;
use super::socket::Reading;
use super::violation::{Reason, Violation};
use super::wire::{Cursor, put_block};
use crate::util::clock::{self, Instant, Sleep};

/// How much is read at a time: it grows with what comes, and most connections say little.
const LEAST: usize = 512;
const MOST: usize = 64 * 1024;
/// What a frame is given on its word alone; beyond that it gets as much again as came of it.
const PROMISED: usize = 4 * 1024;
/// How often is read before others get their turn.
const READS: usize = 4;
/// When nothing has been read for so long, memory is given back.
const QUIET: Duration = Duration::from_secs(1);
/// What a side of the conversation does with what is read.
pub(super) trait Side {
    /// The calls it has.
    type Calls;

    /// Takes frames, which are whole.
    fn read(&mut self, frames: &Bytes) -> Result<(), Violation>;

    /// Does what is due without anything having been read. Ready when there is nothing left to do but to write what is
    /// queued.
    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<()>;

    /// When something is due next.
    fn due(&mut self) -> Option<Instant>;

    /// Gives memory back, because nothing happens.
    fn rest(&mut self);

    /// Whether it reads no more while others have to wait for the peer to read.
    const WAITS: bool;
}

/// Why a connection has ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// This side was done.
    Finished,
    /// The peer closed it, or it was lost.
    Lost(Option<io::Error>),
    /// The peer did what is not allowed.
    Violated(Violation),
}

/// Drives a connection until it ends.
#[derive(Debug)]
pub(super) struct Driver<S: Side> {
    side: S,
    link: Arc<Link<S::Calls>>,
    socket: Reading,
    buffer: BytesMut,
    /// What the frame at the beginning of the buffer takes, where its head is there.
    wanted: usize,
    size: usize,
    taken: Vec<u8>,
    written: usize,
    yielded: bool,
    silence: Silence,
    /// Whether memory is held that a quiet connection does not need.
    holds: bool,
    timer: Pin<Box<Sleep>>,
}

impl<S: Side> Driver<S> {
    pub(super) fn new(
        side: S,
        link: Arc<Link<S::Calls>>,
        socket: Reading,
        buffer: BytesMut,
        keepalive: Duration,
    ) -> Self {
        let silence = Silence::new(keepalive);
        let timer = Box::pin(clock::sleep_until(silence.end()));
        let (wanted, size, taken, written, yielded) = (0, LEAST, Vec::new(), 0, false);
        Driver { side, link, socket, buffer, wanted, size, taken, written, yielded, silence, holds: true, timer }
    }

    /// Reads and writes until the end. What the peer did wrong it is told, if it can be.
    pub(super) async fn run(&mut self) -> Ended {
        // What came with HELLO was read before there was a driver.
        let mut ended = self.frames().err();
        if ended.is_none() {
            ended = Some(std::future::poll_fn(|cx| self.poll(cx)).await);
        }
        let ended = ended.expect("one of both");
        if let Ended::Violated(violation) = &ended {
            self.link.with(|queue, _| {
                queue.frame(Kind::Bye, 0, 0, |out| {
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

    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<Ended> {
        self.link.with(|queue, _| queue.awake());
        let read = match self.poll_read(cx) {
            Ok(read) => read,
            Err(ended) => return Poll::Ready(ended),
        };
        let finished = self.side.poll(cx).is_ready();
        if let Err(violation) = self.poll_time(cx) {
            return Poll::Ready(Ended::Violated(violation));
        }
        // Whoever can run now may have something to add: one turn for all of them, and then one write.
        if !read && !finished && !self.yielded && self.written == self.taken.len() {
            self.yielded = true;
            if self.link.with(|queue, _| queue.has_more()) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        self.yielded = false;
        match self.poll_write(cx) {
            Poll::Ready(Ok(())) if finished => Poll::Ready(Ended::Finished),
            Poll::Ready(Err(error)) => Poll::Ready(Ended::Lost(Some(error))),
            _ => Poll::Pending,
        }
    }

    /// Reads what is there and takes the frames of it. Gives whether there was any.
    fn poll_read(&mut self, cx: &mut Cx<'_>) -> Result<bool, Ended> {
        let mut any = false;
        for _ in 0..READS {
            if S::WAITS && self.is_stuffed(cx) {
                return Ok(any);
            }
            match self.poll_fill(cx) {
                Poll::Pending => return Ok(any),
                Poll::Ready(Ok(0)) => return Err(Ended::Lost(None)),
                Poll::Ready(Err(error)) => return Err(Ended::Lost(Some(error))),
                Poll::Ready(Ok(_)) => {}
            }
            any = true;
            self.holds = true;
            self.silence.hear();
            self.frames()?;
        }
        cx.waker().wake_by_ref();
        Ok(any)
    }

    fn poll_fill(&mut self, cx: &mut Cx<'_>) -> Poll<io::Result<usize>> {
        // A connection on which nothing comes has no buffer.
        ready!(self.socket.poll_ready(cx))?;
        // Memory is given for bytes that came, not for promises.
        let rest = self.wanted.saturating_sub(self.buffer.len()).min(self.buffer.len().max(PROMISED));
        if self.buffer.capacity() - self.buffer.len() < rest.max(self.size / 4) {
            self.buffer.reserve(self.size.max(rest));
        }
        let room = self.buffer.capacity() - self.buffer.len();
        let count = ready!(pin!(self.socket.read_buf(&mut self.buffer)).poll(cx))?;
        if count == room {
            self.size = (2 * self.size).min(MOST);
        }
        Poll::Ready(Ok(count))
    }

    /// Takes the whole frames of the buffer.
    fn frames(&mut self) -> Result<(), Ended> {
        loop {
            let (end, wanted) = frame::whole(&self.buffer, self.link.ours.frame()).map_err(Ended::Violated)?;
            self.wanted = wanted;
            if end == 0 {
                break;
            }
            let frames = self.buffer.split_to(end).freeze();
            self.side.read(&frames).map_err(Ended::Violated)?;
            self.silence.complete();
        }
        if self.buffer.is_empty() {
            self.silence.complete();
        } else {
            let end = self.silence.begin(self.wanted);
            if self.timer.deadline() > end {
                self.timer.as_mut().reset(end);
            }
        }
        Ok(())
    }

    fn is_stuffed(&mut self, cx: &Cx<'_>) -> bool {
        self.link.with(|queue, _| queue.poll_room(cx)).is_pending()
    }

    fn poll_time(&mut self, cx: &mut Cx<'_>) -> Result<(), Violation> {
        let due = earlier(self.side.due(), self.quiet());
        if let Some(due) = due
            && due < self.timer.deadline()
        {
            self.timer.as_mut().reset(due);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = clock::now();
            if self.silence.wants_sign(now)? {
                self.link.with(|queue, _| queue.frame(Kind::Ping, 0, 0, |out| out.extend_from_slice(&[0; 8])));
                // What was written since the last rest has left room too.
                self.holds = true;
            }
            if self.quiet().is_some_and(|quiet| quiet <= now) {
                self.rest();
            }
            // What was due is done before the next wait is measured.
            let _ = self.side.poll(cx);
            let due = earlier(self.side.due(), self.quiet());
            let next = due.map_or(self.silence.end(), |due| due.min(self.silence.end()));
            self.timer.as_mut().reset(next);
        }
        Ok(())
    }

    /// When to give memory back, if nothing comes until then.
    fn quiet(&self) -> Option<Instant> {
        self.holds.then(|| self.silence.heard() + QUIET)
    }

    fn rest(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.size = LEAST;
        }
        if self.written == self.taken.len() {
            (self.taken, self.written) = (Vec::new(), 0);
            self.link.with(|queue, _| queue.rest());
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
                if self.link.with(|queue, _| queue.take(taken, cx)) {
                    cx.waker().wake_by_ref();
                }
                if self.taken.is_empty() {
                    return self.socket.poll_flush(cx);
                }
            }
            match self.socket.try_write(&self.taken[self.written..]) {
                Ok(count) => {
                    self.written += count;
                    wake(self.link.with(|queue, _| queue.wrote(count)));
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

/// Lets everybody go on.
pub(super) fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

/// PING and PONG, which both sides take alike. `None` for every other frame.
pub(super) fn sign(frame: &frame::Frame<'_>, queue: &mut super::link::Queue) -> Option<Result<(), Violation>> {
    let mut body: Cursor<'_> = frame.body;
    match frame.kind {
        Kind::Pong => Some(Ok(())),
        Kind::Ping if queue.is_full() => {
            Some(Err(Violation::new(Reason::TooMany, "a question while answers wait to be read")))
        }
        Kind::Ping => Some(body.array::<8>().map(|token| {
            queue.frame(Kind::Pong, 0, 0, |out| out.extend_from_slice(&token));
        })),
        _ => None,
    }
}
