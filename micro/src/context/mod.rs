//! What a call carries: deadline, cancellation, metadata, trace, and who is calling.
//!
//! A handler has one [`Context`]; inside it [`Context::current`] finds it without its being passed. Calls a handler makes
//! inherit the deadline and the trace by themselves, also from inside a stream it returned and from tasks started with
//! [`spawn`].

mod account;
mod extensions;
mod happening;
mod scope;
mod task;
mod trace;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

pub use account::Account;
pub use extensions::Extensions;
pub use happening::Happening;
pub use scope::{Called, Scoped};
pub use task::{JoinSet, spawn};
pub use trace::Trace;

use crate::errors::{Code, Error};
use crate::metadata::Metadata;
use crate::util::clock::{self, Instant};

/// What a call carries. Cloning it is cheap and gives the same context.
///
/// ```
/// use micro::prelude::*;
/// use std::time::Duration;
///
/// # async fn example() {
/// let context = Context::new().with_timeout(Duration::from_millis(200));
/// context
///     .scope(async {
///         let left = Context::current().remaining().expect("set above");
///         assert!(left <= Duration::from_millis(200));
///     })
///     .await;
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Context(Option<Arc<Inner>>);

#[derive(Default)]
struct Inner {
    deadline: Option<Instant>,
    metadata: Metadata,
    trace: Option<Trace>,
    peer: Option<Peer>,
    wire: Option<&'static str>,
    account: Option<Arc<Account>>,
    event: Option<Arc<dyn Happening>>,
    lent: Extensions,
    // For a context that came without them, and may be held by others too.
    lent_late: OnceLock<Extensions>,
    // Both are rare, so a call that does without them allocates nothing for them.
    cancelled: OnceLock<watch::Sender<bool>>,
    reply: Mutex<Option<Box<Reply>>>,
}

/// Where a call came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// This process.
    Local,
    /// A socket address, as text.
    Remote(Arc<str>),
}

/// What is known of a call when it comes over a wire.
pub(crate) struct Arrived {
    pub(crate) peer: Option<Peer>,
    pub(crate) wire: &'static str,
    pub(crate) trace: Option<Trace>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) metadata: Metadata,
    pub(crate) lent: Extensions,
}

/// What is known of an event when it is handled.
pub(crate) struct Happened {
    pub(crate) event: Arc<dyn Happening>,
    pub(crate) trace: Option<Trace>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) metadata: Metadata,
    pub(crate) lent: Extensions,
}

#[derive(Clone, Default)]
struct Reply {
    headers: Metadata,
    trailers: Metadata,
}

impl Inner {
    fn lent(&self) -> Option<&Extensions> {
        if self.lent.is_empty() { self.lent_late.get() } else { Some(&self.lent) }
    }
}

impl Context {
    /// A context that carries nothing: no deadline, no metadata.
    pub const fn new() -> Self {
        Context(None)
    }

    /// The context of the handler this code runs in; an empty one outside a handler.
    pub fn current() -> Self {
        scope::current()
    }

    /// The same with a deadline, unless an earlier one is set: a deadline only ever shrinks.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        self.edit(|inner| inner.deadline = Some(inner.deadline.map_or(deadline, |old| old.min(deadline))))
    }

    /// The same with a deadline `timeout` from now, unless an earlier one is set.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.with_deadline(clock::after(timeout))
    }

    /// The same with other metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        self.edit(|inner| inner.metadata = metadata)
    }

    /// The same at another place of a trace.
    #[must_use]
    pub fn with_trace(self, trace: Trace) -> Self {
        self.edit(|inner| inner.trace = Some(trace))
    }

    /// The same from another peer.
    #[must_use]
    pub fn with_peer(self, peer: Peer) -> Self {
        self.edit(|inner| inner.peer = Some(peer))
    }

    /// The same as it came over a wire: `micro/1`, `http`.
    #[must_use]
    pub fn with_wire(self, wire: &'static str) -> Self {
        self.edit(|inner| inner.wire = Some(wire))
    }

    /// The same for the handler of an event.
    #[must_use]
    pub fn with_event(self, event: Arc<dyn Happening>) -> Self {
        self.edit(|inner| inner.event = Some(event))
    }

    /// The same with the caller's account.
    #[must_use]
    pub fn with_account(self, account: Arc<Account>) -> Self {
        self.edit(|inner| inner.account = Some(account))
    }

    /// The context of a call made from here: the deadline and the trace go along, nothing else does.
    #[must_use]
    pub fn child(&self) -> Self {
        self.calling(None, &Metadata::new())
    }

    /// The same with more that is known of the call, made in one go.
    pub(crate) fn calling(&self, timeout: Option<Duration>, metadata: &Metadata) -> Self {
        Context(Some(Arc::new(self.called(timeout, metadata))))
    }

    /// The same for a call within the process: it arrives as it leaves.
    pub(crate) fn calling_here(&self, timeout: Option<Duration>, metadata: &Metadata, lent: &Extensions) -> Self {
        let (peer, lent) = (Some(Peer::Local), lent.clone());
        Context(Some(Arc::new(Inner { peer, lent, ..self.called(timeout, metadata) })))
    }

    fn called(&self, timeout: Option<Duration>, metadata: &Metadata) -> Inner {
        let caller = self.0.as_deref();
        let inherited = caller.and_then(|inner| inner.deadline);
        let own = timeout.map(clock::after);
        Inner {
            deadline: inherited.into_iter().chain(own).min(),
            metadata: metadata.clone(),
            trace: Some(caller.and_then(|inner| inner.trace).map_or_else(Trace::start, |trace| trace.child())),
            ..Inner::default()
        }
    }

    /// The context of a call that came over a wire.
    pub(crate) fn arrived(arrived: Arrived) -> Self {
        let Arrived { peer, wire, trace, timeout, metadata, lent } = arrived;
        Context(Some(Arc::new(Inner {
            deadline: timeout.map(clock::after),
            metadata,
            trace: Some(trace.unwrap_or_else(Trace::start)),
            peer,
            wire: Some(wire),
            lent,
            ..Inner::default()
        })))
    }

    /// The context an event is handled in.
    pub(crate) fn happened(happened: Happened) -> Self {
        let Happened { event, trace, deadline, metadata, lent } = happened;
        Context(Some(Arc::new(Inner {
            deadline,
            metadata,
            trace: Some(trace.map_or_else(Trace::start, |trace| trace.child())),
            event: Some(event),
            lent,
            ..Inner::default()
        })))
    }

    /// The moment after which nobody waits for the answer.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.as_ref()?.deadline
    }

    /// The time left until the deadline; zero once it has passed, `None` without one.
    pub fn remaining(&self) -> Option<Duration> {
        Some(self.deadline()?.saturating_duration_since(clock::now()))
    }

    /// What came with the request.
    pub fn metadata(&self) -> &Metadata {
        static EMPTY: Metadata = Metadata::new();
        self.0.as_ref().map_or(&EMPTY, |inner| &inner.metadata)
    }

    /// Where the call stands in its trace.
    pub fn trace(&self) -> Option<Trace> {
        self.0.as_ref()?.trace
    }

    /// Where the call came from.
    pub fn peer(&self) -> Option<&Peer> {
        self.0.as_ref()?.peer.as_ref()
    }

    /// Over which wire the call came: `micro/1`, `http`. Nothing within a process.
    pub fn wire(&self) -> Option<&'static str> {
        self.0.as_ref()?.wire
    }

    /// Who is calling, once something has proved it.
    pub fn account(&self) -> Option<&Account> {
        self.0.as_ref()?.account.as_deref()
    }

    /// The event that is being handled; `None` in a call.
    ///
    /// ```
    /// # use micro::Context;
    /// # fn example(ctx: &Context) {
    /// if let Some(event) = ctx.event().filter(|event| event.attempt() > 1) {
    ///     println!("{} again, try number {}", event.id(), event.attempt());
    /// }
    /// # }
    /// ```
    pub fn event(&self) -> Option<&dyn Happening> {
        self.0.as_ref()?.event.as_deref()
    }

    /// What the server lends to its handlers, by type.
    pub fn extension<T: 'static>(&self) -> Option<&T> {
        self.extensions()?.get()
    }

    /// All of it; nothing outside of a server's calls.
    pub(crate) fn extensions(&self) -> Option<&Extensions> {
        self.0.as_ref()?.lent()
    }

    /// Lends values to whoever answers this call. Later ones do not count: one server answers it.
    pub(crate) fn lend(&self, extensions: &Extensions) {
        if let Some(inner) = &self.0
            && inner.lent.is_empty()
            && !extensions.is_empty()
        {
            inner.lent_late.get_or_init(|| extensions.clone());
        }
    }

    /// Sends a pair to the caller ahead of the answer. Has no effect once the first item of a stream is out.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`] when the key or value cannot be metadata; [`Code::FailedPrecondition`] outside a call.
    pub fn reply_header(&self, key: &str, value: impl Into<String>) -> Result<(), Error> {
        self.reply(|reply| reply.headers.insert(key, value))
    }

    /// Sends a pair to the caller behind the answer.
    ///
    /// # Errors
    ///
    /// As [`reply_header`](Self::reply_header).
    pub fn reply_trailer(&self, key: &str, value: impl Into<String>) -> Result<(), Error> {
        self.reply(|reply| reply.trailers.insert(key, value))
    }

    /// What the handler sent, or the peer answered, ahead of the answer.
    pub fn reply_headers(&self) -> Metadata {
        self.read_reply(|reply| reply.headers.clone())
    }

    /// What the handler sent, or the peer answered, behind the answer.
    pub fn reply_trailers(&self) -> Metadata {
        self.read_reply(|reply| reply.trailers.clone())
    }

    /// Takes what the handler has sent ahead of the answer so far.
    pub(crate) fn take_reply_headers(&self) -> Metadata {
        self.read_reply(|reply| std::mem::take(&mut reply.headers))
    }

    /// Takes what the handler has sent behind the answer so far.
    pub(crate) fn take_reply_trailers(&self) -> Metadata {
        self.read_reply(|reply| std::mem::take(&mut reply.trailers))
    }

    /// Keeps what a peer answered beside its message, for the caller to read.
    pub(crate) fn received(&self, headers: Metadata, trailers: Metadata) {
        if headers.is_empty() && trailers.is_empty() {
            return;
        }
        let _ = self.reply(|reply| {
            reply.headers.append_all(headers);
            reply.trailers.append_all(trailers);
            Ok(())
        });
    }

    /// Tells whoever waits for [`cancelled`](Self::cancelled) that nobody waits for the answer any more.
    pub fn cancel(&self) {
        if let Some(inner) = &self.0 {
            inner.cancelled.get_or_init(|| watch::Sender::new(false)).send_replace(true);
        }
    }

    /// Whether the caller has given up or the deadline has passed.
    pub fn is_cancelled(&self) -> bool {
        let Some(inner) = &self.0 else { return false };
        inner.cancelled.get().is_some_and(|cancelled| *cancelled.borrow())
            || inner.deadline.is_some_and(|deadline| deadline <= clock::now())
    }

    /// Waits until the caller gives up or the deadline passes; for ever where neither can happen.
    ///
    /// A handler itself needs no such wait, because it is dropped then. Tasks it has started do.
    pub async fn cancelled(&self) {
        let Some(inner) = &self.0 else { return std::future::pending().await };
        let mut told = inner.cancelled.get_or_init(|| watch::Sender::new(false)).subscribe();
        // The sender lives in `inner`, which `self` keeps alive, so the wait ends with the value alone.
        let told = told.wait_for(|cancelled| *cancelled);
        match inner.deadline {
            Some(deadline) => drop(clock::timeout_at(deadline, told).await),
            None => drop(told.await),
        }
    }

    /// Runs `future` with this context as the current one.
    pub fn scope<F: Future>(self, future: F) -> Scoped<F> {
        Scoped::new(self, future)
    }

    /// The error of a call that ran out of time.
    pub(crate) fn deadline_exceeded() -> Error {
        Error::new(Code::DeadlineExceeded, "deadline exceeded")
    }

    fn edit(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        let inner = self.0.get_or_insert_default();
        match Arc::get_mut(inner) {
            Some(inner) => change(inner),
            None => {
                let mut copy = Inner {
                    deadline: inner.deadline,
                    metadata: inner.metadata.clone(),
                    trace: inner.trace,
                    peer: inner.peer.clone(),
                    wire: inner.wire,
                    account: inner.account.clone(),
                    event: inner.event.clone(),
                    lent: inner.lent().cloned().unwrap_or_default(),
                    ..Inner::default()
                };
                change(&mut copy);
                *inner = Arc::new(copy);
            }
        }
        self
    }

    fn reply<T>(&self, change: impl FnOnce(&mut Reply) -> Result<T, Error>) -> Result<T, Error> {
        let Some(inner) = &self.0 else {
            return Err(Error::failed_precondition("no call to answer: the context is empty"));
        };
        let mut reply = inner.reply.lock().unwrap_or_else(PoisonError::into_inner);
        change(reply.get_or_insert_default())
    }

    fn read_reply(&self, read: impl FnOnce(&mut Reply) -> Metadata) -> Metadata {
        let Some(inner) = &self.0 else { return Metadata::new() };
        let mut reply = inner.reply.lock().unwrap_or_else(PoisonError::into_inner);
        reply.as_deref_mut().map_or_else(Metadata::new, read)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("remaining", &self.remaining())
            .field("metadata", self.metadata())
            .field("trace", &self.trace().map(|trace| trace.to_string()))
            .field("peer", &self.peer())
            .field("account", &self.account().map(|account| &account.id))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_only_ever_shrinks() {
        let context = Context::new().with_timeout(Duration::from_secs(1)).with_timeout(Duration::from_secs(5));
        assert_eq!(context.remaining(), Some(Duration::from_secs(1)));
        assert_eq!(context.child().deadline(), context.deadline());
    }

    #[tokio::test(start_paused = true)]
    async fn a_child_inherits_deadline_and_trace_and_nothing_else() {
        let mut metadata = Metadata::new();
        metadata.insert("authorization", "secret").unwrap();
        let parent = Context::new().with_timeout(Duration::from_secs(1)).with_trace(Trace::start());
        let parent = parent.with_metadata(metadata).with_peer(Peer::Local);
        let child = parent.child();
        assert_eq!(child.trace().unwrap().trace_id(), parent.trace().unwrap().trace_id());
        assert!(child.metadata().is_empty());
        assert_eq!(child.peer(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn waiters_hear_of_cancellation_and_of_the_deadline() {
        let context = Context::new().with_timeout(Duration::from_secs(10));
        let waiter = tokio::spawn({
            let context = context.clone();
            async move { context.cancelled().await }
        });
        tokio::task::yield_now().await;
        context.cancel();
        waiter.await.unwrap();
        assert!(context.is_cancelled());

        let late = Context::new().with_timeout(Duration::from_secs(10));
        late.cancelled().await;
        assert!(late.is_cancelled());
    }

    #[test]
    fn a_changed_copy_leaves_the_original_alone() {
        let context = Context::new().with_trace(Trace::start());
        let changed = context.clone().with_peer(Peer::Local);
        assert_eq!(context.peer(), None);
        assert_eq!(changed.trace(), context.trace());
    }

    #[test]
    fn an_answer_needs_a_call() {
        let outside = Context::new();
        assert_eq!(outside.reply_header("a", "b").unwrap_err().code(), Code::FailedPrecondition);
        let inside = outside.child();
        inside.reply_trailer("a", "b").unwrap();
        assert_eq!(inside.reply_trailers().get("a"), Some("b"));
        assert!(inside.reply_headers().is_empty());
    }
}
