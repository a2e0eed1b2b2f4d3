//! The calls of a connection that wait for their answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context as Cx, Poll, Waker};

use bytes::Bytes;

use crate::context::Context;
use crate::errors::{Error, Execution};
use crate::metadata::Metadata;
use crate::transport::ConnectionStats;
use crate::transport::native::frame::FrameKind;
use crate::transport::native::id_hasher::BuildIdHasher;
use crate::transport::native::incoming::MessageInbox;
use crate::transport::native::outgoing::Credit;
use crate::transport::native::request::{MethodNames, MethodReference};
use crate::transport::native::response::ReplyMetadata;
use crate::transport::native::shared_connection::FrameQueue;
use crate::util::clock::Instant;

/// The last id there is.
const LAST_ID: u32 = 1 << 31;

/// The calls of one connection.
#[derive(Debug)]
pub(super) struct Calls {
    next: u32,
    open: HashMap<u32, PendingCall, BuildIdHasher>,
    methods: Methods,
    earliest: Option<Instant>,
    /// Wakers of callers that wait for a call to end, because the limit is reached.
    waiting: Vec<Waker>,
    /// `true` if the connection is closed once the last call has ended.
    leaving: bool,
    /// Statistics that can be read without the connection's lock.
    pub(super) stats: Arc<ConnectionStats>,
}

/// One call.
#[derive(Debug)]
pub(super) struct PendingCall {
    /// Offset at which the first frame of the call ends in the stream of bytes.
    end: u64,
    deadline: Option<Instant>,
    /// Context that receives the trailers of a stream.
    context: Option<Context>,
    answer: State,
    pub(super) replies: Option<Arc<MessageInbox>>,
    pub(super) requests: Option<Arc<Credit>>,
}

#[derive(Debug)]
enum State {
    Awaited(Option<Waker>),
    There(CallResponse),
    Taken,
}

/// Response to a call.
#[derive(Debug)]
pub(super) enum CallResponse {
    One(Bytes, ReplyMetadata),
    /// A stream, and what was said ahead of it.
    Many(Arc<MessageInbox>, Metadata),
    Failed(Error, ReplyMetadata),
}

/// Parameters of a call when it is opened.
pub(super) struct CallStart<'a> {
    pub(super) deadline: Option<Instant>,
    pub(super) context: Option<&'a Context>,
    pub(super) requests: Option<&'a Arc<Credit>>,
}

impl Calls {
    pub(super) fn new(stats: Arc<ConnectionStats>) -> Self {
        let (open, methods) = (HashMap::default(), Methods::default());
        Calls { next: 1, open, methods, earliest: None, waiting: Vec::new(), leaving: false, stats }
    }

    /// Takes no more calls, and lets the driver say goodbye behind the last.
    pub(super) fn leave(&mut self, queue: &mut FrameQueue) {
        self.stats.retire();
        self.leaving = true;
        queue.nudge();
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Waits until one more call may be open.
    pub(super) fn poll_room(&mut self, most: u32, cx: &Cx<'_>) -> Poll<()> {
        if self.open.len() < most as usize {
            return Poll::Ready(());
        }
        if !self.waiting.last().is_some_and(|last| last.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// The number of a method. `None` when all numbers are used up.
    pub(super) fn method<'a>(&mut self, target: MethodNames<'a>, most: u32) -> Option<MethodReference<'a>> {
        self.methods.of(target, most)
    }

    /// The id of the next call.
    pub(super) fn next(&mut self) -> u32 {
        let id = self.next;
        self.next += 1;
        if self.next >= LAST_ID {
            self.stats.retire();
        }
        id
    }

    /// The last id that was given.
    pub(super) fn last(&self) -> u32 {
        self.next - 1
    }

    /// Expects the answer of call `id`, whose first frame ends at `end`, for the polling task.
    pub(super) fn expect(&mut self, id: u32, end: u64, start: &CallStart<'_>, queue: &mut FrameQueue, cx: &Cx<'_>) {
        if let Some(deadline) = start.deadline
            && self.earliest.is_none_or(|earliest| deadline < earliest)
        {
            self.earliest = Some(deadline);
            queue.nudge();
        }
        self.open.insert(
            id,
            PendingCall {
                end,
                deadline: start.deadline,
                context: start.context.cloned(),
                answer: State::Awaited(Some(cx.waker().clone())),
                replies: None,
                requests: start.requests.cloned(),
            },
        );
        self.count();
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Keeps no more room than it needs.
    pub(super) fn rest(&mut self) {
        self.open.shrink_to_fit();
    }

    pub(super) fn get(&mut self, id: u32) -> Option<&mut PendingCall> {
        self.open.get_mut(&id)
    }

    /// Waits for the answer of call `id`.
    pub(super) fn poll_answer(&mut self, id: u32, cx: &Cx<'_>) -> Poll<CallResponse> {
        let Some(open) = self.open.get_mut(&id) else {
            return Poll::Ready(CallResponse::Failed(
                Error::internal("the call was forgotten"),
                ReplyMetadata::default(),
            ));
        };
        match std::mem::replace(&mut open.answer, State::Taken) {
            State::There(answer) => {
                // A stream goes on, and is known here until its end.
                if !matches!(answer, CallResponse::Many(..)) || open.replies.is_none() {
                    self.forget(id);
                }
                Poll::Ready(answer)
            }
            State::Awaited(Some(waker)) if waker.will_wake(cx.waker()) => {
                open.answer = State::Awaited(Some(waker));
                Poll::Pending
            }
            _ => {
                open.answer = State::Awaited(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }

    /// Answers call `id`, if the caller still waits. `more` says where the rest of it goes. The first answer counts: a peer may
    /// send another before this one was read.
    pub(super) fn answer(
        &mut self,
        id: u32,
        answer: CallResponse,
        more: Option<Arc<MessageInbox>>,
        woken: &mut Vec<Waker>,
    ) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let State::Awaited(waker) = &mut open.answer else { return };
        woken.extend(waker.take());
        open.replies = more;
        open.answer = State::There(answer);
    }

    /// Ends call `id`, whether its answer has begun or not.
    pub(super) fn end(&mut self, id: u32, error: Option<Error>, reply_metadata: ReplyMetadata, woken: &mut Vec<Waker>) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let Some(replies) = open.replies.take() else {
            let answer = match error {
                Some(error) => CallResponse::Failed(error, reply_metadata),
                None => {
                    let nothing = MessageInbox::new(0);
                    nothing.end(Ok(()));
                    CallResponse::Many(nothing, reply_metadata.headers)
                }
            };
            return self.answer(id, answer, None, woken);
        };
        if let Some(context) = &open.context {
            context.received(Metadata::new(), reply_metadata.trailers);
        }
        woken.extend(replies.end(error.map_or(Ok(()), Err)));
        if matches!(open.answer, State::Taken) {
            self.forget(id);
        }
    }

    /// Forgets call `id`. Gives whether it was known.
    pub(super) fn forget(&mut self, id: u32) -> bool {
        let known = self.open.remove(&id).is_some();
        self.count();
        for waker in self.waiting.drain(..) {
            waker.wake();
        }
        known
    }

    /// Returns the earliest deadline of the open calls.
    pub(super) fn earliest(&self) -> Option<Instant> {
        self.earliest
    }

    /// Ends those whose time is up, and tells the peer.
    pub(super) fn expire(&mut self, now: Instant, queue: &mut FrameQueue, woken: &mut Vec<Waker>) {
        let late = |open: &PendingCall| open.deadline.is_some_and(|deadline| deadline <= now);
        let expired: Vec<u32> = self.open.iter().filter(|(_, open)| late(open)).map(|(id, _)| *id).collect();
        for id in expired {
            queue.bare(FrameKind::Cancel, id);
            if let Some(open) = self.open.get_mut(&id) {
                open.deadline = None;
            }
            self.end(id, Some(Context::deadline_exceeded()), ReplyMetadata::default(), woken);
        }
        self.earliest = self.open.values().filter_map(|open| open.deadline).min();
    }

    /// Ends all of them with the connection: which of them can have run is known by what was written, and by what the peer
    /// has said that it handled.
    pub(super) fn lose(&mut self, written: u64, handled: Option<u32>, woken: &mut Vec<Waker>) {
        self.stats.retire();
        woken.append(&mut self.waiting);
        let ids: Vec<u32> = self.open.keys().copied().collect();
        for id in ids {
            let Some(open) = self.open.get(&id) else { continue };
            let never = open.end > written || handled.is_some_and(|last| id > last);
            let execution = if never { Execution::NotStarted } else { Execution::Unknown };
            let error = Error::unavailable("the connection to the peer was lost").with_execution(execution);
            // One that has its answer keeps it.
            if matches!(open.answer, State::Awaited(_)) || open.replies.is_some() {
                self.end(id, Some(error), ReplyMetadata::default(), woken);
            }
        }
    }

    fn count(&self) {
        self.stats.report(self.open.len());
    }
}

/// The numbers of methods. The one that was asked for last is found at once: hardly any client calls many.
#[derive(Debug, Default)]
struct Methods {
    known: Vec<KnownMethods>,
    by_path: HashMap<Arc<str>, Vec<u32>>,
    recent: usize,
}

#[derive(Debug)]
struct KnownMethods {
    path: Arc<str>,
    service: Box<str>,
    node: Box<str>,
    codec: Box<str>,
}

impl KnownMethods {
    fn is(&self, target: &MethodNames<'_>) -> bool {
        *self.path == *target.path
            && *self.node == *target.node
            && *self.service == *target.service
            && *self.codec == *target.codec
    }
}

impl Methods {
    fn of<'a>(&mut self, target: MethodNames<'a>, most: u32) -> Option<MethodReference<'a>> {
        if !self.known.get(self.recent).is_some_and(|known| known.is(&target)) {
            let same = self.by_path.get(target.path).into_iter().flatten();
            let Some(number) = same.copied().find(|number| self.known[*number as usize].is(&target)) else {
                return self.define(target, most);
            };
            self.recent = number as usize;
        }
        Some(MethodReference { number: self.recent as u32, define: None })
    }

    fn define<'a>(&mut self, target: MethodNames<'a>, most: u32) -> Option<MethodReference<'a>> {
        let number = u32::try_from(self.known.len()).ok().filter(|number| *number < most)?;
        let MethodNames { path, service, node, codec } = target;
        let path: Arc<str> = path.into();
        self.by_path.entry(path.clone()).or_default().push(number);
        self.known.push(KnownMethods { path, service: service.into(), node: node.into(), codec: codec.into() });
        self.recent = number as usize;
        Some(MethodReference { number, define: Some(target) })
    }
}
