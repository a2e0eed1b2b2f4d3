//! One call.

use std::future::{poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Context as Cx, Poll};

use bytes::Bytes;
use futures_core::Stream;

use super::calls::{CallResponse, CallStart, Calls};
use super::connection::NativeConnection;
use crate::context::Context;
use crate::errors::{Code, Error, Execution, Result};
use crate::metadata::Metadata;
use crate::rpc::{BoxFuture, Payload, Streaming};
use crate::transport::native::frame::{FrameKind, flags};
use crate::transport::native::incoming::{self, IncomingMessages};
use crate::transport::native::metadata;
use crate::transport::native::outgoing::{self, Credit};
use crate::transport::native::request::{self, MethodNames};
use crate::transport::native::response::ReplyMetadata;
use crate::transport::native::shared_connection::{Flush, SharedConnection};
use crate::transport::{self, ConnectionStats, Permit, Request, not_sent};
use crate::util::spawn::{self, Task};

impl transport::Connection for NativeConnection {
    fn stats(&self) -> &Arc<ConnectionStats> {
        &self.stats
    }

    // The connection counts its calls itself, and has them wait for the room the peer gives.
    fn call<'a>(self: Arc<Self>, request: Request<'a>, _: Permit) -> BoxFuture<'a, Result<Payload>> {
        match check(&self, &request) {
            // What a call does not need while it waits is not kept: calls are many.
            Ok(target) => {
                Box::pin(call(self, target, request.context, request.payload, request.method.server_streaming))
            }
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn retire(&self) {
        self.shared.with(|queue, calls| calls.leave(queue));
    }
}

async fn call(
    connection: Arc<NativeConnection>,
    target: MethodNames<'_>,
    context: &Context,
    payload: Payload,
    server_streaming: bool,
) -> Result<Payload> {
    let (message, items) = match payload {
        Payload::One(message) => (Some(message), None),
        Payload::Many(items) => (None, Some(items)),
    };
    let credit = items.is_some().then(|| Credit::new(connection.shared.theirs.window));
    let start = CallStart {
        deadline: context.deadline(),
        context: server_streaming.then_some(context),
        requests: credit.as_ref(),
    };
    let mut stream = items.zip(credit.clone());
    let mut waiting = WaitingCall { connection, id: None, _sending: None };
    let answer = poll_fn(|cx| {
        if let Some(id) = waiting.id {
            return waiting.connection.shared.with(|_, calls| calls.poll_answer(id, cx)).map(Ok::<_, Error>);
        }
        let begun = begin(&waiting.connection, target, &start, context, message.as_ref(), cx);
        waiting.id = Some(task::ready!(begun)?);
        if let Some((items, credit)) = stream.take() {
            waiting.send(items, credit);
        }
        // The code that answers already has the waker.
        Poll::Pending
    });
    let answer = answer.await?;
    if !matches!(answer, CallResponse::Many(..)) {
        waiting.id = None;
    }
    match answer {
        CallResponse::One(message, reply_metadata) => {
            context.received(reply_metadata.headers, reply_metadata.trailers);
            Ok(Payload::One(message))
        }
        CallResponse::Failed(error, reply_metadata) => {
            context.received(reply_metadata.headers, reply_metadata.trailers);
            Err(error)
        }
        CallResponse::Many(inbox, headers) => {
            context.received(headers, Metadata::new());
            let id = waiting.id.expect("it was begun, or there were no answer");
            let items = IncomingMessages::new(waiting.connection.shared.clone(), id, inbox);
            let replies = Streaming::new(NativeReplies { items, _waiting: waiting });
            if server_streaming {
                return Ok(Payload::Many(replies));
            }
            // A proxy knows no shapes, and answers with streams.
            incoming::only(replies).await.map(Payload::One).map_err(|error| match error.code() {
                Code::InvalidArgument => Error::internal(error.message().to_owned()).with_source(error.into_boxed()),
                _ => error,
            })
        }
    }
}

/// Checks the limits of the peer before anything is sent.
fn check<'a>(connection: &NativeConnection, request: &Request<'a>) -> Result<MethodNames<'a>> {
    let theirs = &connection.shared.theirs;
    if let Payload::One(message) = &request.payload
        && message.len() > theirs.message as usize
    {
        let words = format!("the request has {} bytes, and the peer takes {}", message.len(), theirs.message);
        return Err(Error::resource_exhausted(words).with_execution(Execution::NotStarted));
    }
    if !metadata::fits(request.context.metadata(), theirs.metadata) {
        return Err(
            Error::resource_exhausted("more metadata than a call may carry").with_execution(Execution::NotStarted)
        );
    }
    let target = MethodNames {
        path: request.method.path,
        service: request.service,
        node: request.to.node.unwrap_or_default(),
        codec: request.codec.name(),
    };
    if !target.fits() {
        return Err(Error::invalid_argument("a name of the call is too long").with_execution(Execution::NotStarted));
    }
    Ok(target)
}

/// Gives the call its id and its place in the queue, once there is room.
fn begin(
    connection: &NativeConnection,
    target: MethodNames<'_>,
    start: &CallStart<'_>,
    context: &Context,
    message: Option<&Bytes>,
    cx: &Cx<'_>,
) -> Poll<Result<u32>> {
    let shared = &connection.shared;
    shared.flushing(|queue, calls| {
        if calls.stats.is_retired() || queue.is_closed() {
            return (Flush::Together, Poll::Ready(Err(not_sent("the connection ended before the call was sent"))));
        }
        if queue.poll_room(cx).is_pending() || calls.poll_room(shared.theirs.calls, cx).is_pending() {
            return (Flush::Together, Poll::Pending);
        }
        let left = context.remaining();
        if left.is_some_and(|left| left.is_zero()) {
            let late = Context::deadline_exceeded().with_execution(Execution::NotStarted);
            return (Flush::Together, Poll::Ready(Err(late)));
        }
        let Some(method) = calls.method(target, shared.theirs.methods) else {
            // The next call opens another connection.
            calls.stats.retire();
            return (Flush::Together, Poll::Ready(Err(not_sent("the connection has no number left for the method"))));
        };
        let id = calls.next();
        let end = queue.frame(FrameKind::Call, request::flags(&method, context, message.is_some()), id, |out| {
            request::put(out, &method, left, context);
            out.extend_from_slice(message.map_or(&[], |message| message));
        });
        calls.expect(id, end, start, queue, cx);
        let flush = if calls.len() == 1 { Flush::Alone } else { Flush::Together };
        (flush, Poll::Ready(Ok(id)))
    })
}

/// A call. Dropping it between its beginning and its end cancels it.
struct WaitingCall {
    connection: Arc<NativeConnection>,
    /// While there is something to cancel.
    id: Option<u32>,
    _sending: Option<Task<()>>,
}

impl WaitingCall {
    /// Sends the stream of requests beside everything else: a caller need not read the answer for that.
    fn send(&mut self, items: Streaming<Bytes>, credit: Arc<Credit>) {
        let Some(id) = self.id else { return };
        let shared = self.connection.shared.clone();
        self._sending = Some(spawn::spawn(async move {
            if let Err(error) = outgoing::send(&shared, id, &credit, items, flags::END).await {
                fail(&shared, id, error);
            }
        }));
    }
}

/// The caller's own stream has failed: the caller gets its error back, and the peer is sent only a cancellation.
fn fail(shared: &SharedConnection<Calls>, id: u32, error: Error) {
    let mut woken = Vec::new();
    shared.with(|queue, calls| {
        if calls.get(id).is_some() {
            queue.bare(FrameKind::Cancel, id);
            calls.end(id, Some(error), ReplyMetadata::default(), &mut woken);
        }
    });
    super::super::driver::wake(woken);
}

impl Drop for WaitingCall {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        self.connection.shared.with(|queue, calls| {
            if calls.forget(id) {
                queue.bare(FrameKind::Cancel, id);
            }
        });
    }
}

/// The answer of a call that is still running.
struct NativeReplies {
    items: IncomingMessages<Calls>,
    _waiting: WaitingCall,
}

impl Stream for NativeReplies {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Result<Bytes>>> {
        Pin::new(&mut self.items).poll_next(cx)
    }
}
