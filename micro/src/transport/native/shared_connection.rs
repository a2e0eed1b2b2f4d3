//! One connection, from the view of those who write to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker};

use super::frame::{self, FrameKind};
use super::handshake::ConnectionSettings;
use super::socket::Writing;
use crate::util::cache_padded::CachePadded;

/// Maximum number of queued bytes of a connection; writers wait beyond it.
pub(super) const MAX_QUEUED: usize = 1024 * 1024;
/// Capacity that an empty buffer keeps.
const MAX_IDLE_CAPACITY: usize = 256 * 1024;

/// A connection: what waits to be written on it, and the calls `C` it has, under one short lock.
///
/// A task with a frame to send encodes it straight into the queue; the driver of the connection writes what has come
/// together. What is decided and what is queued under one lock stands on the wire in that order.
#[derive(Debug)]
pub(super) struct SharedConnection<C> {
    /// Settings of the peer.
    pub(super) theirs: ConnectionSettings,
    /// Settings of this side.
    pub(super) ours: ConnectionSettings,
    inner: CachePadded<Mutex<Inner<C>>>,
}

#[derive(Debug)]
struct Inner<C> {
    queue: FrameQueue,
    calls: C,
}

/// Time at which queued frames are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flush {
    /// With whatever else comes: the driver does it.
    Together,
    /// Immediately, if no other frame waits.
    Alone,
}

impl<C> SharedConnection<C> {
    pub(super) fn new(socket: Writing, ours: ConnectionSettings, theirs: ConnectionSettings, calls: C) -> Self {
        let queue = FrameQueue { socket: Some(socket), ..FrameQueue::default() };
        SharedConnection { theirs, ours, inner: CachePadded(Mutex::new(Inner { queue, calls })) }
    }

    /// Does `work` on the queue and the calls, and lets the driver know.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut FrameQueue, &mut C) -> R) -> R {
        self.flushing(|queue, calls| (Flush::Together, work(queue, calls)))
    }

    /// Like [`with`](Self::with), where `work` also decides when the frames it queued are written.
    pub(super) fn flushing<R>(&self, work: impl FnOnce(&mut FrameQueue, &mut C) -> (Flush, R)) -> R {
        let mut inner = self.lock();
        let Inner { queue, calls } = &mut *inner;
        let (flush, result) = work(queue, calls);
        if flush == Flush::Alone {
            queue.write_alone();
        }
        let driver = queue.driver_wanted();
        drop(inner);
        if let Some(driver) = driver {
            driver.wake();
        }
        result
    }

    /// Waits until there is room in the queue, or the connection is closed.
    pub(super) async fn room(&self) {
        std::future::poll_fn(|cx| self.with(|queue, _| queue.poll_room(cx))).await;
    }

    fn lock(&self) -> MutexGuard<'_, Inner<C>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frames waiting to be written on a connection.
#[derive(Debug, Default)]
pub(super) struct FrameQueue {
    ready: Vec<u8>,
    /// Number of bytes the driver has taken and not written yet.
    taken: usize,
    /// All bytes ever queued, and all that the socket has accepted.
    queued: u64,
    written: u64,
    closed: bool,
    /// `true` if the driver was notified, and how to notify it.
    told: bool,
    nudged: bool,
    driver: Option<Waker>,
    waiting: Vec<Waker>,
    socket: Option<Writing>,
}

impl FrameQueue {
    /// Appends a frame; nothing once the connection is closed. Gives the place in the stream of bytes where it ends.
    pub(super) fn frame(&mut self, kind: FrameKind, flags: u8, id: u32, body: impl FnOnce(&mut Vec<u8>)) -> u64 {
        if self.closed {
            return u64::MAX;
        }
        let before = self.ready.len();
        frame::put(&mut self.ready, kind, flags, id, body);
        self.queued += (self.ready.len() - before) as u64;
        self.queued
    }

    /// Appends a frame without a body.
    pub(super) fn bare(&mut self, kind: FrameKind, id: u32) -> u64 {
        self.frame(kind, 0, id, |_| {})
    }

    pub(super) fn is_full(&self) -> bool {
        self.taken + self.ready.len() >= MAX_QUEUED
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns the number of bytes the socket has accepted.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Waits for room, or for the end.
    pub(super) fn poll_room(&mut self, cx: &Cx<'_>) -> Poll<()> {
        if self.closed || !self.is_full() {
            return Poll::Ready(());
        }
        if !self.waiting.last().is_some_and(|last| last.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Asks the driver to look at the calls again, though nothing may be queued.
    pub(super) fn nudge(&mut self) {
        self.nudged = true;
    }

    /// Takes no more frames, closes the writing side of the socket, and wakes all waiting tasks.
    pub(super) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        self.ready = Vec::new();
        self.socket = None;
        std::mem::take(&mut self.waiting)
    }

    /// For the driver: it is at work, and need not be told of what is queued meanwhile.
    pub(super) fn awake(&mut self) {
        self.told = true;
    }

    /// For the driver: what is to be written, in the place of `empty`, or how to hear of more. Returns `true` if a task asked it
    /// to look at the calls again.
    pub(super) fn take(&mut self, empty: &mut Vec<u8>, cx: &Cx<'_>) -> bool {
        debug_assert!(empty.is_empty(), "what was taken before is written first");
        if empty.capacity() > MAX_IDLE_CAPACITY {
            *empty = Vec::new();
        }
        std::mem::swap(&mut self.ready, empty);
        self.taken = empty.len();
        self.told = false;
        if self.driver.is_none() {
            self.driver = Some(cx.waker().clone());
        }
        std::mem::take(&mut self.nudged)
    }

    /// For the driver: the socket has accepted so many of the bytes taken. Gives those who may go on.
    pub(super) fn wrote(&mut self, count: usize) -> Vec<Waker> {
        self.taken -= count;
        self.written += count as u64;
        if self.is_full() { Vec::new() } else { std::mem::take(&mut self.waiting) }
    }

    /// For the driver: whether there is something to write that it has not taken.
    pub(super) fn has_more(&self) -> bool {
        !self.ready.is_empty()
    }

    /// For the driver: lets go of memory, because nothing happens here.
    pub(super) fn rest(&mut self) {
        self.ready.shrink_to_fit();
    }

    fn write_alone(&mut self) {
        let Some(socket) = &self.socket else { return };
        if self.taken > 0 || self.told || self.ready.is_empty() {
            return;
        }
        // A failure shows itself to the driver.
        let Ok(count) = socket.try_write(&self.ready) else { return };
        self.written += count as u64;
        self.nudged |= socket.wants_flush();
        if count == self.ready.len() {
            self.ready.clear();
        } else {
            self.ready.drain(..count);
        }
    }

    fn driver_wanted(&mut self) -> Option<Waker> {
        if self.told || (self.ready.is_empty() && !self.nudged) {
            return None;
        }
        self.told = true;
        self.driver.take()
    }
}
