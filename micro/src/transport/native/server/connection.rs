//! The server role of a connection.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Cx, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryFutureExt;

use super::call;
use super::in_flight::InFlightCalls;
use super::inline_budget::InlineBudget;
use super::method_table::MethodTable;
use crate::context::{Context, IncomingCall, Peer};
use crate::errors::{Error, Result};
use crate::rpc::{BoxFuture, Payload, Streaming};
use crate::transport::native::NAME;
use crate::transport::native::driver::{self, Role, wake};
use crate::transport::native::frame::{self, Frame, FrameKind, flags};
use crate::transport::native::incoming::{self, IncomingMessages, MessageInbox};
use crate::transport::native::protocol_error::ProtocolError;
use crate::transport::native::request::RequestHead;
use crate::transport::native::response::{self, ReplyMetadata};
use crate::transport::native::shared_connection::SharedConnection;
use crate::transport::{CallShape, Dispatcher};
use crate::util::clock::{self, Instant};
use crate::util::spawn;

/// Time a client may take to confirm that it has sent its last call.
const DONE_TIMEOUT: Duration = Duration::from_secs(1);
/// Phase of a connection's shutdown.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Serving,
    /// The client was told, and has until then to say that it is done.
    Draining(Instant),
    /// No more calls come.
    Finishing,
    /// BYE is queued.
    Over,
}

/// One connection to a client.
pub(super) struct ServerConnection<D> {
    dispatcher: Dispatcher,
    shared: Arc<SharedConnection<InFlightCalls>>,
    peer: Peer,
    methods: MethodTable,
    /// The last id that was read, and the last that was not turned away.
    last: u32,
    handled: u32,
    phase: Phase,
    drain: Pin<Box<D>>,
}

impl<D: Future<Output = ()>> ServerConnection<D> {
    pub(super) fn new(
        dispatcher: Dispatcher,
        shared: Arc<SharedConnection<InFlightCalls>>,
        peer: SocketAddr,
        drain: Pin<Box<D>>,
    ) -> Self {
        let peer = Peer::Remote(peer.to_string().into());
        let methods = MethodTable::default();
        ServerConnection { dispatcher, shared, peer, methods, last: 0, handled: 0, phase: Phase::Serving, drain }
    }

    fn frame(&mut self, frame: Frame<'_>, budget: &mut InlineBudget) -> Result<(), ProtocolError> {
        match frame.kind {
            FrameKind::Call => self.call(frame, budget),
            FrameKind::Items => self.items(frame),
            FrameKind::Credit => self.credit(frame),
            FrameKind::Cancel => self.cancel(frame.id),
            FrameKind::Done => self.done(frame.id),
            FrameKind::Bye => {
                drop(self.shared.with(|_, in_flight| in_flight.take()));
                self.phase = Phase::Finishing;
                Ok(())
            }
            FrameKind::Hello => Err(ProtocolError::out_of_order("a second HELLO")),
            _ => match self.shared.with(|queue, _| driver::on_ping(&frame, queue)) {
                Some(done) => done,
                None => Err(ProtocolError::malformed("a frame that clients do not send")),
            },
        }
    }

    fn call(&mut self, frame: Frame<'_>, budget: &mut InlineBudget) -> Result<(), ProtocolError> {
        if Some(frame.id) != self.last.checked_add(1) {
            return Err(ProtocolError::out_of_order("a call whose id is not the next"));
        }
        self.last = frame.id;
        let begin = RequestHead::read(frame, &self.shared.ours)?;
        let agreed = self.methods.of(&begin.method, &self.shared.ours)?;
        if matches!(self.phase, Phase::Finishing | Phase::Over) {
            return Ok(());
        }
        self.handled = frame.id;
        let (open, full) = self.shared.with(|queue, in_flight| (in_flight.len(), queue.is_full()));
        if open >= self.shared.ours.calls as usize {
            let words = format!("more than {open} calls at a time on one connection");
            refuse(&self.shared, frame.id, &Error::unavailable(words));
            return Ok(());
        }
        let (route, codec) = match agreed.route(&self.dispatcher) {
            Ok((route, codec)) => (route.clone(), *codec),
            Err(error) => {
                refuse(&self.shared, frame.id, &error);
                return Ok(());
            }
        };
        let one = begin.message.is_some();
        let route = route.with_shape(if one { CallShape::Neither } else { CallShape::Both });
        let dispatch = self.dispatcher.begin(
            route,
            IncomingCall {
                peer: Some(self.peer.clone()),
                wire: Some(NAME),
                trace: begin.trace,
                timeout: begin.timeout,
                metadata: begin.metadata,
            },
        );
        let (context, client_streaming) = (dispatch.context().clone(), dispatch.method().client_streaming());
        let (requests, payload) = match begin.message {
            Some(message) => (None, Payload::One(message)),
            None => {
                let inbox = MessageInbox::new(self.shared.ours.window);
                let items = IncomingMessages::new(self.shared.clone(), frame.id, inbox.clone());
                (Some(inbox), Payload::Many(Streaming::new(items)))
            }
        };
        let mut run: BoxFuture<'static, Result<Payload>> = match payload {
            // Peers that pass calls on know no shapes, and send streams.
            Payload::Many(items) if !client_streaming => {
                Box::pin(dispatch.run(codec, incoming::only(items).map_ok(Payload::One)))
            }
            payload => Box::pin(dispatch.run_with(codec, payload)),
        };
        let patient = agreed.slow == 0 && budget.is_good();
        agreed.slow = agreed.slow.saturating_sub(1);
        if one && patient && !full {
            // Its waker does nothing: it is polled again as soon as it has a task.
            let polled = run.as_mut().poll(&mut Cx::from_waker(Waker::noop()));
            agreed.slow = budget.penalty();
            if let Poll::Ready(outcome) = polled {
                self.ready(frame.id, context, outcome);
                return Ok(());
            }
        }
        self.start(frame.id, context, requests, run);
        Ok(())
    }

    /// Answers a call whose handler had everything at hand.
    fn ready(&self, id: u32, context: Context, outcome: Result<Payload>) {
        let theirs = &self.shared.theirs;
        match outcome {
            Ok(Payload::One(message)) => self.shared.with(|queue, _| {
                call::reply(queue, theirs.message, theirs.metadata, id, &context, &message);
            }),
            Ok(Payload::Many(items)) => {
                let outcome = Ok(Payload::Many(items));
                self.spawn(id, None, call::answer(self.shared.clone(), id, context, outcome));
            }
            Err(error) => {
                self.shared.with(|queue, _| call::ended(queue, theirs.metadata, id, &context, Some(&error)));
            }
        }
    }

    /// Gives a call a task of its own.
    fn start(
        &self,
        id: u32,
        context: Context,
        requests: Option<Arc<MessageInbox>>,
        run: BoxFuture<'static, Result<Payload>>,
    ) {
        let shared = self.shared.clone();
        self.spawn(id, requests, async move {
            let outcome = run.await;
            call::answer(shared, id, context, outcome).await;
        });
    }

    fn spawn(&self, id: u32, requests: Option<Arc<MessageInbox>>, work: impl Future<Output = ()> + Send + 'static) {
        // Under the lock, so that the job is there when it wants to be forgotten.
        self.shared.with(|_, in_flight| {
            in_flight.begin(id, spawn::spawn(work), requests);
        });
    }

    fn items(&mut self, frame: Frame<'_>) -> Result<(), ProtocolError> {
        self.known(frame.id)?;
        let inbox = self.shared.with(|_, in_flight| in_flight.get(frame.id).map(|job| job.requests.clone()));
        // The call has ended, and the client does not know it yet.
        let Some(inbox) = inbox else { return Ok(()) };
        let inbox = inbox.ok_or_else(|| ProtocolError::malformed("items of a call that is one message"))?;
        wake(inbox.deliver(frame.body)?.into_iter().collect());
        if frame.has(flags::END) {
            wake(inbox.end(Ok(())).into_iter().collect());
        }
        Ok(())
    }

    fn credit(&mut self, frame: Frame<'_>) -> Result<(), ProtocolError> {
        self.known(frame.id)?;
        let credit = self.shared.with(|_, in_flight| in_flight.get(frame.id).and_then(|job| job.replies.clone()));
        let Some(credit) = credit else { return Ok(()) };
        wake(credit.grant(frame.body)?.into_iter().collect());
        Ok(())
    }

    fn cancel(&mut self, id: u32) -> Result<(), ProtocolError> {
        self.known(id)?;
        drop(self.shared.with(|_, in_flight| in_flight.cancel(id)));
        Ok(())
    }

    fn done(&mut self, id: u32) -> Result<(), ProtocolError> {
        if id != self.last || !matches!(self.phase, Phase::Draining(_) | Phase::Finishing) {
            return Err(ProtocolError::out_of_order("DONE in the wrong place"));
        }
        self.phase = Phase::Finishing;
        Ok(())
    }

    fn known(&self, id: u32) -> Result<(), ProtocolError> {
        if id == 0 || id > self.last {
            return Err(ProtocolError::out_of_order("a frame of a call that has not begun"));
        }
        Ok(())
    }
}

impl<D: Future<Output = ()>> Role for ServerConnection<D> {
    type Calls = InFlightCalls;
    const WAITS: bool = true;

    fn read(&mut self, frames: &Bytes) -> Result<(), ProtocolError> {
        let mut budget = InlineBudget::begin();
        for frame in frame::frames(frames) {
            self.frame(frame?, &mut budget)?;
        }
        Ok(())
    }

    fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<()> {
        if self.phase == Phase::Serving {
            std::task::ready!(self.drain.as_mut().poll(cx));
            self.phase = Phase::Draining(clock::after(DONE_TIMEOUT));
            self.shared.with(|queue, _| queue.bare(FrameKind::Drain, 0));
        }
        if matches!(self.phase, Phase::Draining(until) if until <= clock::now()) {
            self.phase = Phase::Finishing;
        }
        if self.phase == Phase::Finishing && self.shared.with(|_, in_flight| in_flight.are_over()) {
            self.phase = Phase::Over;
            let last = self.handled;
            self.shared.with(|queue, _| queue.frame(FrameKind::Bye, 0, last, |out| out.extend_from_slice(&[0, 0])));
        }
        if self.phase == Phase::Over { Poll::Ready(()) } else { Poll::Pending }
    }

    fn due(&mut self) -> Option<Instant> {
        match self.phase {
            Phase::Draining(until) => Some(until),
            _ => None,
        }
    }

    fn rest(&mut self) {
        self.shared.with(|_, in_flight| in_flight.rest());
    }
}

fn refuse(shared: &SharedConnection<InFlightCalls>, id: u32, error: &Error) {
    shared.with(|queue, _| {
        queue.frame(FrameKind::Refused, 0, id, |out| response::put_end(out, Some(error), &ReplyMetadata::default()))
    });
}
