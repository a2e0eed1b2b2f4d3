//! One connection to a server.

use std::io;
use std::iter::Peekable;
use std::sync::{Arc, OnceLock};
use std::task::{Context as Cx, Poll, Waker};

use bytes::{Bytes, BytesMut};

use super::calls::{CallResponse, Calls};
use super::options::NativeClientOptions;
use crate::errors::{Error, Execution, Result};
use crate::transport::native::driver::{self, ConnectionDriver, ConnectionEnd, Role, wake};
use crate::transport::native::frame::{self, Frame, FrameKind, Frames};
use crate::transport::native::handshake::{self, ConnectionSettings, HandshakeError};
use crate::transport::native::incoming::MessageInbox;
use crate::transport::native::protocol_error::ProtocolError;
use crate::transport::native::response;
use crate::transport::native::shared_connection::{FrameQueue, SharedConnection};
use crate::transport::native::socket;
use crate::transport::tls::{self, TlsMode};
use crate::transport::{ConnectError, ConnectionStats, Dialer, not_sent};
use crate::util::cache_padded::CachePadded;
use crate::util::clock::{self, Instant};
use crate::util::spawn::{self, Task};

/// From so many calls on every connection a further one is worth its while.
const CALLS_PER_CONNECTION: usize = 128;

/// A connection that is up: the server has said its HELLO on it.
#[derive(Debug)]
pub(super) struct NativeConnection {
    // Beside the count of those who hold it, which changes with every call, stands nothing that each of them reads.
    pub(super) shared: CachePadded<Arc<SharedConnection<Calls>>>,
    pub(super) stats: Arc<ConnectionStats>,
    // What drives it. It ends with the last call.
    driver: OnceLock<Task<()>>,
}

/// Connects to `address`, and waits for the HELLO of the server.
pub(super) async fn open(
    dialer: &Dialer,
    options: &NativeClientOptions,
    address: &str,
    security: TlsMode,
) -> Result<Arc<NativeConnection>, ConnectError> {
    let until = clock::after(dialer.timeout());
    let (mut reading, writing) = socket::halves(dialer.dial(address, security).await?);
    let (ours, mut buffer) = (settings(options), BytesMut::new());
    let opened = clock::timeout_at(until, async {
        let mut own = Vec::new();
        ours.put(&mut own);
        reading.send(&own).await.map_err(|error| HandshakeError::Gone(Some(error)))?;
        handshake::preface(&mut reading, &mut buffer).await?;
        handshake::hello(&mut reading, &mut buffer).await
    });
    let theirs = match opened.await {
        Ok(Ok(theirs)) => theirs,
        Ok(Err(HandshakeError::Gone(Some(error)))) if security.is_tls() => return Err(unshaken(address, error)),
        Ok(Err(_)) => return Err(foreign(address)),
        // One that waits for another protocol says nothing.
        Err(_) => return Err(ConnectError::Foreign(dialer.late(address))),
    };
    let stats = Arc::new(ConnectionStats::reported(CALLS_PER_CONNECTION));
    let shared = Arc::new(SharedConnection::new(writing, ours, theirs, Calls::new(stats.clone())));
    let guard = FailOnDrop { shared: shared.clone(), handled: None, stats: stats.clone() };
    let caller = NativeCaller::new(shared.clone(), guard);
    let mut driver = ConnectionDriver::new(caller, shared.clone(), reading, buffer, options.keepalive);
    let peer = address.to_owned();
    let task = spawn::spawn(async move {
        match driver.run().await {
            ConnectionEnd::Finished | ConnectionEnd::Lost(None) => {}
            ConnectionEnd::Lost(Some(error)) => tracing::debug!(peer, %error, "connection lost"),
            ConnectionEnd::Violated(violation) => tracing::warn!(peer, %violation, "connection closed"),
        }
    });
    let connection = NativeConnection { shared: CachePadded(shared), stats, driver: OnceLock::new() };
    let _ = connection.driver.set(task);
    Ok(Arc::new(connection))
}

fn foreign(address: &str) -> ConnectError {
    ConnectError::foreign(format!("`{address}` does not speak `micro/1`"))
}

/// A server says only behind the handshake that it does not accept the client.
fn unshaken(address: &str, error: io::Error) -> ConnectError {
    match tls::reason(&error) {
        Some(why) => ConnectError::Refused(not_sent(format!("no TLS with `{address}`: {why}")).with_source(error)),
        None => foreign(address),
    }
}

fn settings(options: &NativeClientOptions) -> ConnectionSettings {
    let message = u32::try_from(options.message_limit).unwrap_or(u32::MAX / 2).min(u32::MAX / 2);
    ConnectionSettings { message, window: options.window.max(1024), ..ConnectionSettings::default() }
}

/// The client role of a connection.
struct NativeCaller {
    shared: Arc<SharedConnection<Calls>>,
    guard: FailOnDrop,
    over: bool,
    woken: Vec<Waker>,
    replies: Vec<(u32, CallResponse)>,
}

impl NativeCaller {
    fn new(shared: Arc<SharedConnection<Calls>>, guard: FailOnDrop) -> Self {
        NativeCaller { shared, guard, over: false, woken: Vec::new(), replies: Vec::new() }
    }

    /// Takes frames. Replies are most of them, and callers that wait for one have requests to send as well: those are read
    /// first, so that no caller is kept off the connection for longer than it takes to hand them over.
    fn take(&mut self, bytes: &Bytes) -> Result<(), ProtocolError> {
        let shared = self.shared.clone();
        let mut frames = frame::frames(bytes).peekable();
        while frames.peek().is_some() && !self.over {
            let read = self.take_replies(&mut frames);
            shared.with(|queue, calls| {
                for (id, answer) in self.replies.drain(..) {
                    known(id, calls)?;
                    calls.answer(id, answer, None, &mut self.woken);
                }
                read?;
                while let Some(next) = frames.next_if(|next| !is_reply(next)) {
                    let next = next?;
                    if next.kind == FrameKind::Bye {
                        return self.bye(next);
                    }
                    frame(next, &shared.ours, queue, calls, &mut self.woken)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn take_replies(&mut self, frames: &mut Peekable<Frames<'_>>) -> Result<(), ProtocolError> {
        while let Some(next) = frames.next_if(is_reply) {
            let next = next?;
            let (reply_metadata, message) = response::read_reply(next, &self.shared.ours)?;
            self.replies.push((next.id, CallResponse::One(message, reply_metadata)));
        }
        Ok(())
    }

    fn bye(&mut self, frame: Frame<'_>) -> Result<(), ProtocolError> {
        let mut body = frame.body;
        let (reason, words) = (body.u8()?, body.text(1024)?);
        if reason != 0 {
            tracing::warn!(reason, words, "the peer closed the connection");
        }
        self.guard.handled = Some(frame.id);
        self.over = true;
        Ok(())
    }
}

fn is_reply(next: &Result<Frame<'_>, ProtocolError>) -> bool {
    next.as_ref().is_ok_and(|frame| frame.kind == FrameKind::Reply)
}

/// Returns `true` if a call with this id was made.
fn known(id: u32, calls: &Calls) -> Result<(), ProtocolError> {
    if id == 0 || id > calls.last() {
        return Err(ProtocolError::out_of_order("an answer to a call that was not made"));
    }
    Ok(())
}

/// Takes a frame that is no REPLY.
fn frame(
    frame: Frame<'_>,
    ours: &ConnectionSettings,
    queue: &mut FrameQueue,
    calls: &mut Calls,
    woken: &mut Vec<Waker>,
) -> Result<(), ProtocolError> {
    let id = frame.id;
    if matches!(
        frame.kind,
        FrameKind::Begin | FrameKind::Items | FrameKind::End | FrameKind::Refused | FrameKind::Credit
    ) {
        known(id, calls)?;
    }
    match frame.kind {
        FrameKind::Begin => {
            let (headers, inbox) = (response::read_begin(frame, ours)?, MessageInbox::new(ours.window));
            calls.answer(id, CallResponse::Many(inbox.clone(), headers), Some(inbox), woken);
        }
        FrameKind::Items => match calls.get(id).map(|open| &open.replies) {
            Some(Some(inbox)) => woken.extend(inbox.deliver(frame.body)?),
            Some(None) => return Err(ProtocolError::out_of_order("items of an answer that is no stream")),
            None => {}
        },
        FrameKind::End => {
            let (error, reply_metadata) = response::read_end(frame, ours)?;
            calls.end(id, error, reply_metadata, woken);
        }
        FrameKind::Refused => {
            let (error, reply_metadata) = response::read_end(frame, ours)?;
            let error = error.unwrap_or_else(|| Error::unavailable("the peer refused the call"));
            calls.end(id, Some(error.with_execution(Execution::NotStarted)), reply_metadata, woken);
        }
        FrameKind::Credit => {
            if let Some(credit) = calls.get(id).and_then(|open| open.requests.as_ref()) {
                woken.extend(credit.grant(frame.body)?);
            }
        }
        FrameKind::Drain => {
            calls.stats.retire();
            queue.bare(FrameKind::Done, calls.last());
        }
        FrameKind::Hello => return Err(ProtocolError::out_of_order("a second HELLO")),
        _ => {
            let signed = driver::on_ping(&frame, queue);
            return signed.unwrap_or_else(|| Err(ProtocolError::malformed("a frame that servers do not send")));
        }
    }
    Ok(())
}

impl Role for NativeCaller {
    type Calls = Calls;
    const WAITS: bool = false;

    fn read(&mut self, frames: &Bytes) -> Result<(), ProtocolError> {
        let read = self.take(frames);
        self.woken.drain(..).for_each(Waker::wake);
        read
    }

    fn poll(&mut self, _: &mut Cx<'_>) -> Poll<()> {
        let now = clock::now();
        let NativeCaller { shared, woken, over, .. } = self;
        shared.with(|queue, calls| {
            if calls.earliest().is_some_and(|earliest| earliest <= now) {
                calls.expire(now, queue, woken);
            }
            if calls.is_leaving() && calls.len() == 0 && !*over {
                queue.frame(FrameKind::Bye, 0, 0, |out| out.extend_from_slice(&[0, 0]));
                *over = true;
            }
        });
        woken.drain(..).for_each(Waker::wake);
        if self.over { Poll::Ready(()) } else { Poll::Pending }
    }

    fn due(&mut self) -> Option<Instant> {
        self.shared.with(|_, calls| calls.earliest())
    }

    fn rest(&mut self) {
        (self.woken, self.replies) = (Vec::new(), Vec::new());
        self.shared.with(|_, calls| calls.rest());
    }
}

/// Ends the calls of a connection with it, however it ends.
struct FailOnDrop {
    shared: Arc<SharedConnection<Calls>>,
    handled: Option<u32>,
    stats: Arc<ConnectionStats>,
}

impl Drop for FailOnDrop {
    fn drop(&mut self) {
        let (handled, mut woken) = (self.handled, Vec::new());
        let waiting = self.shared.with(|queue, calls| {
            let written = queue.written();
            let waiting = queue.close();
            calls.lose(written, handled, &mut woken);
            waiting
        });
        wake(waiting);
        wake(woken);
        self.stats.close();
    }
}
