//! One connection to a server.

use std::io;
use std::iter::Peekable;
use std::sync::{Arc, OnceLock};
use std::task::{Context as Cx, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::calls::{Answer, Calls, Gauge};
use super::{ClientOptions, call};
use crate::errors::{Error, Fate, Result};
use crate::rpc::Payload;
use crate::transport::Request;
use crate::transport::native::driver::{self, Driver, Ended, Side, wake};
use crate::transport::native::end;
use crate::transport::native::frame::{self, Frame, Frames, Kind};
use crate::transport::native::hello::{self, Terms, Unheard};
use crate::transport::native::incoming::Inbox;
use crate::transport::native::link::{Link, Queue};
use crate::transport::native::socket;
use crate::transport::native::violation::Violation;
use crate::transport::tls::{self, Inside, Refused, Security};
use crate::util::clock::{self, Instant};
use crate::util::line::Line;
use crate::util::net;
use crate::util::spawn::{self, Task};

/// A connection that is up: the server has said its HELLO on it.
#[derive(Debug)]
pub(in crate::transport) struct Connection {
    // Beside the count of those who hold it, which changes with every call, stands nothing that each of them reads.
    pub(super) link: Line<Arc<Link<Calls>>>,
    pub(super) gauge: Arc<Gauge>,
    // What drives it. It ends with the last call.
    driver: OnceLock<Task<()>>,
}

/// Why there is no connection. Nothing was sent.
#[derive(Clone, Debug)]
pub(in crate::transport) enum Missing {
    /// Nobody is there.
    Unreachable(Error),
    /// Somebody is, and does not speak `micro/1`.
    Foreign(Error),
}

impl From<Refused> for Missing {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Foreign(error) => Missing::Foreign(error),
            Refused::Failed(error) | Refused::Lost(error) => Missing::Unreachable(error),
        }
    }
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Unreachable(error) | Missing::Foreign(error) => error,
        }
    }
}

impl Connection {
    /// Connects to `address`. `ended` is told when the connection is over.
    pub(super) async fn open(
        address: &str,
        security: Security,
        options: &ClientOptions,
        ended: impl FnOnce() + Send + 'static,
    ) -> Result<Arc<Self>, Missing> {
        options.tls.check(address, security).map_err(Missing::Unreachable)?;
        let limit = options.connect_timeout;
        let late = || not_sent(format!("no connection to `{address}` within {limit:?}"));
        let until = clock::after(limit);
        let connected = clock::timeout_at(until, net::connect(address)).await;
        let stream = connected.map_err(|_| Missing::Unreachable(late()))?.map_err(|error| {
            let words = format!("cannot connect to `{address}`: {}", error.kind());
            Missing::Unreachable(not_sent(words).from_source(error))
        })?;
        let (mut reading, writing) = match security {
            Security::Unencrypted => socket::plain(stream),
            _ => {
                let shaking = options.tls.connect(stream, address, security, Inside::Native);
                let shaken = clock::timeout_at(until, shaking).await.map_err(|_| Missing::Unreachable(late()))?;
                let (stream, session) = shaken?.into_parts();
                socket::encrypted(stream, session)
            }
        };
        let (ours, mut buffer) = (terms(options), BytesMut::new());
        let opened = clock::timeout_at(until, async {
            let mut own = Vec::new();
            ours.put(&mut own);
            reading.send(&own).await.map_err(|error| Unheard::Gone(Some(error)))?;
            hello::preface(&mut reading, &mut buffer).await?;
            hello::hello(&mut reading, &mut buffer).await
        });
        let theirs = match opened.await {
            Ok(Ok(theirs)) => theirs,
            Ok(Err(Unheard::Gone(Some(error)))) if security.is_tls() => {
                return Err(unshaken(address, security, options, error));
            }
            Ok(Err(_)) => return Err(Missing::Foreign(not_sent(format!("`{address}` does not speak `micro/1`")))),
            Err(_) => return Err(Missing::Foreign(late())),
        };
        let gauge = Arc::new(Gauge::default());
        let link = Arc::new(Link::new(writing, ours, theirs, Calls::new(gauge.clone())));
        let guard = Lose { link: link.clone(), handled: None, ended: Some(Box::new(ended)) };
        let caller = Caller::new(link.clone(), guard, options.idle);
        let mut driver = Driver::new(caller, link.clone(), reading, buffer, options.keepalive);
        let peer = address.to_owned();
        let task = spawn::spawn(async move {
            match driver.run().await {
                Ended::Finished | Ended::Lost(None) => {}
                Ended::Lost(Some(error)) => tracing::debug!(peer, %error, "connection lost"),
                Ended::Violated(violation) => tracing::warn!(peer, %violation, "connection closed"),
            }
        });
        let connection = Connection { link: Line(link), gauge, driver: OnceLock::new() };
        let _ = connection.driver.set(task);
        Ok(Arc::new(connection))
    }

    /// Whether new calls may be put on it.
    pub(super) fn is_usable(&self) -> bool {
        !self.gauge.is_retired()
    }

    /// One attempt at a call.
    pub(in crate::transport) async fn call(self: Arc<Self>, request: Request<'_>) -> Result<Payload> {
        call::call(self, request).await
    }
}

/// A server says only behind the handshake that it does not accept the client.
fn unshaken(address: &str, security: Security, options: &ClientOptions, error: io::Error) -> Missing {
    let Some(why) = tls::reason(&error) else {
        return Missing::Foreign(not_sent(format!("`{address}` does not speak `micro/1`")).from_source(error));
    };
    let error = not_sent(format!("no TLS with `{address}`: {why}")).from_source(error);
    options.tls.refuse(address, security, &error);
    Missing::Unreachable(error)
}

fn terms(options: &ClientOptions) -> Terms {
    let message = u32::try_from(options.message_limit).unwrap_or(u32::MAX / 2).min(u32::MAX / 2);
    Terms { message, window: options.window.max(1024), ..Terms::default() }
}

/// A failure before anything was sent.
pub(super) fn not_sent(words: String) -> Error {
    Error::unavailable(words).with_fate(Fate::Never)
}

/// What a client does with what it reads.
struct Caller {
    link: Arc<Link<Calls>>,
    guard: Lose,
    idle: Duration,
    /// When to see whether anybody has called since, and the last call then.
    look: Instant,
    seen: u32,
    over: bool,
    woken: Vec<Waker>,
    replies: Vec<(u32, Answer)>,
}

impl Caller {
    fn new(link: Arc<Link<Calls>>, guard: Lose, idle: Duration) -> Self {
        let (look, woken, replies) = (clock::after(idle), Vec::new(), Vec::new());
        Caller { link, guard, idle, look, seen: 0, over: false, woken, replies }
    }

    /// Takes frames. Replies are most of them, and whoever has one to wait for has something to send as well: those are read
    /// first, so that nobody is kept off the connection for longer than it takes to hand them over.
    fn take(&mut self, bytes: &Bytes) -> Result<(), Violation> {
        let link = self.link.clone();
        let mut frames = frame::frames(bytes).peekable();
        while frames.peek().is_some() && !self.over {
            let read = self.take_replies(&mut frames);
            link.with(|queue, calls| {
                for (id, answer) in self.replies.drain(..) {
                    known(id, calls)?;
                    calls.answer(id, answer, None, &mut self.woken);
                }
                read?;
                while let Some(next) = frames.next_if(|next| !is_reply(next)) {
                    let next = next?;
                    if next.kind == Kind::Bye {
                        return self.bye(next);
                    }
                    frame(next, &link.ours, queue, calls, &mut self.woken)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn take_replies(&mut self, frames: &mut Peekable<Frames<'_>>) -> Result<(), Violation> {
        while let Some(next) = frames.next_if(is_reply) {
            let next = next?;
            let (beside, message) = end::read_reply(next, &self.link.ours)?;
            self.replies.push((next.id, Answer::One(message, beside)));
        }
        Ok(())
    }

    fn bye(&mut self, frame: Frame<'_>) -> Result<(), Violation> {
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

fn is_reply(next: &Result<Frame<'_>, Violation>) -> bool {
    next.as_ref().is_ok_and(|frame| frame.kind == Kind::Reply)
}

/// Whether a call was made.
fn known(id: u32, calls: &Calls) -> Result<(), Violation> {
    if id == 0 || id > calls.last() {
        return Err(Violation::out_of_order("an answer to a call that was not made"));
    }
    Ok(())
}

/// Takes a frame that is no REPLY.
fn frame(
    frame: Frame<'_>,
    ours: &Terms,
    queue: &mut Queue,
    calls: &mut Calls,
    woken: &mut Vec<Waker>,
) -> Result<(), Violation> {
    let id = frame.id;
    if matches!(frame.kind, Kind::Begin | Kind::Items | Kind::End | Kind::Refused | Kind::Credit) {
        known(id, calls)?;
    }
    match frame.kind {
        Kind::Begin => {
            let (headers, inbox) = (end::read_begin(frame, ours)?, Inbox::new(ours.window));
            calls.answer(id, Answer::Many(inbox.clone(), headers), Some(inbox), woken);
        }
        Kind::Items => match calls.get(id).map(|open| &open.replies) {
            Some(Some(inbox)) => woken.extend(inbox.deliver(frame.body)?),
            Some(None) => return Err(Violation::out_of_order("items of an answer that is no stream")),
            None => {}
        },
        Kind::End => {
            let (error, beside) = end::read_end(frame, ours)?;
            calls.end(id, error, beside, woken);
        }
        Kind::Refused => {
            let (error, beside) = end::read_end(frame, ours)?;
            let error = error.unwrap_or_else(|| Error::unavailable("the peer refused the call"));
            calls.end(id, Some(error.with_fate(Fate::Never)), beside, woken);
        }
        Kind::Credit => {
            if let Some(credit) = calls.get(id).and_then(|open| open.requests.as_ref()) {
                woken.extend(credit.grant(frame.body)?);
            }
        }
        Kind::Drain => {
            calls.gauge.retire();
            queue.bare(Kind::Done, calls.last());
        }
        Kind::Hello => return Err(Violation::out_of_order("a second HELLO")),
        _ => {
            let signed = driver::sign(&frame, queue);
            return signed.unwrap_or_else(|| Err(Violation::malformed("a frame that servers do not send")));
        }
    }
    Ok(())
}

impl Side for Caller {
    type Calls = Calls;
    const WAITS: bool = false;

    fn read(&mut self, frames: &Bytes) -> Result<(), Violation> {
        let read = self.take(frames);
        self.woken.drain(..).for_each(Waker::wake);
        read
    }

    fn poll(&mut self, _: &mut Cx<'_>) -> Poll<()> {
        let now = clock::now();
        let Caller { link, woken, .. } = self;
        let (last, open) = link.with(|queue, calls| {
            if calls.earliest().is_some_and(|earliest| earliest <= now) {
                calls.expire(now, queue, woken);
            }
            (calls.last(), calls.len())
        });
        woken.drain(..).for_each(Waker::wake);
        if self.look <= now && !self.over {
            if open == 0 && last == self.seen {
                self.over = self.link.with(retire);
            }
            (self.look, self.seen) = (now + self.idle, last);
        }
        if self.over { Poll::Ready(()) } else { Poll::Pending }
    }

    fn due(&mut self) -> Option<Instant> {
        let earliest = self.link.with(|_, calls| calls.earliest());
        Some(earliest.map_or(self.look, |earliest| earliest.min(self.look)))
    }

    fn rest(&mut self) {
        (self.woken, self.replies) = (Vec::new(), Vec::new());
        self.link.with(|_, calls| calls.rest());
    }
}

/// Says goodbye, unless somebody has just called.
fn retire(queue: &mut Queue, calls: &mut Calls) -> bool {
    if calls.len() > 0 {
        return false;
    }
    calls.gauge.retire();
    queue.frame(Kind::Bye, 0, 0, |out| out.extend_from_slice(&[0, 0]));
    true
}

/// Ends the calls of a connection with it, however it ends.
struct Lose {
    link: Arc<Link<Calls>>,
    handled: Option<u32>,
    ended: Option<Box<dyn FnOnce() + Send>>,
}

impl Drop for Lose {
    fn drop(&mut self) {
        let (handled, mut woken) = (self.handled, Vec::new());
        let waiting = self.link.with(|queue, calls| {
            let written = queue.written();
            let waiting = queue.close();
            calls.lose(written, handled, &mut woken);
            waiting
        });
        wake(waiting);
        wake(woken);
        if let Some(ended) = self.ended.take() {
            ended();
        }
    }
}
