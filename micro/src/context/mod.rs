//! The context of a call: deadline, cancellation, metadata, trace and caller.
//!
//! A handler has one [`Context`]; inside it [`Context::current`] finds it without its being passed. Calls a handler makes
//! inherit the deadline and the trace by themselves, also from inside a stream it returned and from tasks started with
//! [`spawn`].

mod account;
mod event_info;
mod extensions;
mod extract;
mod reply;
mod scope;
mod state;
mod task;
mod trace;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use account::Account;
pub use event_info::EventInfo;
pub use extensions::Extensions;
pub use extract::FromContext;
pub use scope::Scoped;
pub(crate) use scope::depth;
pub use task::{JoinSet, spawn};
pub use trace::Trace;

use state::CallState;

use crate::errors::{Code, Error};
use crate::metadata::Metadata;
use crate::util::clock::{self, Instant};

/// Context of a call. Cloning is cheap and gives the same context.
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
    event: Option<Arc<dyn EventInfo>>,
    extensions: Extensions,
    // For a context that came without them, and may be held by others too.
    late_extensions: OnceLock<Extensions>,
    // The handler of this process that made the call and waits for it.
    caller: Option<Caller>,
    state: CallState<Box<dyn Completion>>,
    // The context this one is a changed copy of. All copies of a call share the state of the first.
    origin: Option<Arc<Inner>>,
}

/// Origin of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// This process.
    Local,
    /// A socket address, as text.
    Remote(Arc<str>),
}

/// Context of a request that arrives over a wire.
#[derive(Clone, Debug, Default)]
pub struct IncomingCall {
    /// Origin of the call.
    pub peer: Option<Peer>,
    /// The wire it came over: `micro/1`, `http`.
    pub wire: Option<&'static str>,
    /// Trace context of the request. Default: a new trace.
    pub trace: Option<Trace>,
    /// Timeout of the caller.
    pub timeout: Option<Duration>,
    /// The metadata of the request.
    pub metadata: Metadata,
}

/// Context of an event when it is handled.
pub(crate) struct EventContext {
    pub(crate) event: Arc<dyn EventInfo>,
    pub(crate) trace: Option<Trace>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) metadata: Metadata,
    pub(crate) extensions: Extensions,
}

/// The method that is being answered, for log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentMethod {
    /// The registry name of the contract: `greeter`.
    pub service: &'static str,
    /// The name of the method: `Hello`.
    pub method: &'static str,
}

/// The code that makes a call: its context, and the method it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) context: Context,
    pub(crate) method: Option<CurrentMethod>,
    /// Number of calls of this process that wait for this one, itself included.
    pub(crate) nesting: u32,
}

impl Caller {
    /// The methods that wait for one another, the outermost first.
    pub(crate) fn chain(&self) -> Vec<CurrentMethod> {
        let callers = std::iter::successors(Some(self), |caller| caller.context.caller());
        let mut chain: Vec<_> = callers.filter_map(|caller| caller.method).collect();
        chain.reverse();
        chain
    }
}

/// Notified of the end of a call that is answered with a stream.
pub(crate) trait Completion: Send + Sync {
    /// Handles the end of the call: its error, or none.
    fn complete(self: Box<Self>, context: &Context, error: Option<&Error>);
}

impl Inner {
    fn state(&self) -> &CallState<Box<dyn Completion>> {
        self.origin.as_ref().map_or(&self.state, |origin| &origin.state)
    }

    fn extensions(&self) -> Option<&Extensions> {
        if self.extensions.is_empty() { self.late_extensions.get() } else { Some(&self.extensions) }
    }
}

impl Context {
    /// A context that carries nothing: no deadline, no metadata.
    pub const fn new() -> Self {
        Context(None)
    }

    /// Sets the deadline, unless an earlier one is set: a deadline only ever shrinks.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        self.edit(|inner| inner.deadline = Some(inner.deadline.map_or(deadline, |old| old.min(deadline))))
    }

    /// Sets the deadline to `timeout` from now, unless an earlier one is set.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.with_deadline(clock::after(timeout))
    }

    /// Sets the metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        self.edit(|inner| inner.metadata = metadata)
    }

    /// Sets the trace context.
    #[must_use]
    pub fn with_trace(self, trace: Trace) -> Self {
        self.edit(|inner| inner.trace = Some(trace))
    }

    /// Sets the peer.
    #[must_use]
    pub fn with_peer(self, peer: Peer) -> Self {
        self.edit(|inner| inner.peer = Some(peer))
    }

    /// Sets the wire: `micro/1`, `http`.
    #[must_use]
    pub fn with_wire(self, wire: &'static str) -> Self {
        self.edit(|inner| inner.wire = Some(wire))
    }

    /// Sets the event that is being handled.
    #[must_use]
    pub fn with_event(self, event: Arc<dyn EventInfo>) -> Self {
        self.edit(|inner| inner.event = Some(event))
    }

    /// Sets the caller's account.
    #[must_use]
    pub fn with_account(self, account: Arc<Account>) -> Self {
        self.edit(|inner| inner.account = Some(account))
    }

    /// The context of a call made from here: the deadline and the trace go along, nothing else does.
    #[must_use]
    pub fn child(&self) -> Self {
        // That the caller is being waited for goes along too: a chain of calls stays one.
        let caller = self.0.as_ref().and_then(|inner| inner.caller.clone());
        Context(Some(Arc::new(Inner { caller, ..self.called(None, &Metadata::new()) })))
    }

    /// Returns the context of an outgoing call, with timeout and metadata.
    pub(crate) fn for_call(&self, timeout: Option<Duration>, metadata: &Metadata) -> Self {
        Context(Some(Arc::new(self.called(timeout, metadata))))
    }

    /// The context of a call that `caller` makes within the process: it arrives as it leaves.
    pub(crate) fn for_local_call(
        caller: &Caller,
        timeout: Option<Duration>,
        metadata: &Metadata,
        extensions: &Extensions,
    ) -> Self {
        let inner = Inner {
            peer: Some(Peer::Local),
            extensions: extensions.clone(),
            caller: (caller.nesting > 0).then(|| caller.clone()),
            ..caller.context.called(timeout, metadata)
        };
        Context(Some(Arc::new(inner)))
    }

    /// The handler of this process that made the call and waits for it.
    pub(crate) fn caller(&self) -> Option<&Caller> {
        self.0.as_ref()?.caller.as_ref()
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

    /// The context of a call that came over a wire, with what its server lends to it.
    pub(crate) fn for_request(incoming: IncomingCall, extensions: &Extensions) -> Self {
        let IncomingCall { peer, wire, trace, timeout, metadata } = incoming;
        Context(Some(Arc::new(Inner {
            deadline: timeout.map(clock::after),
            metadata,
            trace: Some(trace.unwrap_or_else(Trace::start)),
            peer,
            wire,
            extensions: extensions.clone(),
            ..Inner::default()
        })))
    }

    /// The context an event is handled in.
    pub(crate) fn for_event(for_event: EventContext) -> Self {
        let EventContext { event, trace, deadline, metadata, extensions } = for_event;
        Context(Some(Arc::new(Inner {
            deadline,
            metadata,
            trace: Some(trace.map_or_else(Trace::start, |trace| trace.child())),
            event: Some(event),
            extensions,
            ..Inner::default()
        })))
    }

    /// Returns the time after which the caller does not wait for the reply.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.as_ref()?.deadline
    }

    /// The time left until the deadline; zero once it has passed, `None` without one.
    pub fn remaining(&self) -> Option<Duration> {
        Some(self.deadline()?.saturating_duration_since(clock::now()))
    }

    /// Returns the metadata of the request.
    pub fn metadata(&self) -> &Metadata {
        static EMPTY: Metadata = Metadata::new();
        self.0.as_ref().map_or(&EMPTY, |inner| &inner.metadata)
    }

    /// Returns the trace context of the call.
    pub fn trace(&self) -> Option<Trace> {
        self.0.as_ref()?.trace
    }

    /// Returns the origin of the call.
    pub fn peer(&self) -> Option<&Peer> {
        self.0.as_ref()?.peer.as_ref()
    }

    /// Over which wire the call came: `micro/1`, `http`. Nothing within a process.
    pub fn wire(&self) -> Option<&'static str> {
        self.0.as_ref()?.wire
    }

    /// Returns the authenticated caller.
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
    pub fn event(&self) -> Option<&dyn EventInfo> {
        self.0.as_ref()?.event.as_deref()
    }

    /// Returns a value that the server provides, by type.
    pub fn extension<T: 'static>(&self) -> Option<&T> {
        self.extensions()?.get()
    }

    /// All of it; nothing outside of a server's calls.
    pub(crate) fn extensions(&self) -> Option<&Extensions> {
        self.0.as_ref()?.extensions()
    }

    /// Sets the extensions of this call, unless it has some: one server answers it.
    pub(crate) fn lend(&self, extensions: &Extensions) {
        if let Some(inner) = &self.0
            && inner.extensions.is_empty()
            && !extensions.is_empty()
        {
            inner.late_extensions.get_or_init(|| extensions.clone());
        }
    }

    /// The error of a call that ran out of time.
    pub(crate) fn deadline_exceeded() -> Error {
        Error::new(Code::DeadlineExceeded, "deadline exceeded")
    }

    /// Makes this context part of the call that `call` belongs to: its reply metadata, its cancellation and its callers.
    pub(crate) fn within_call(self, call: &Context) -> Self {
        let origin =
            |context: &Context| Some(context.0.as_ref()?).map(|inner| inner.origin.as_ref().unwrap_or(inner).clone());
        let Some(of_call) = origin(call) else { return self };
        if origin(&self).is_some_and(|own| Arc::ptr_eq(&own, &of_call)) {
            return self;
        }
        self.edit(|inner| {
            inner.caller = of_call.caller.clone();
            inner.origin = Some(of_call);
        })
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
                    extensions: inner.extensions().cloned().unwrap_or_default(),
                    caller: inner.caller.clone(),
                    origin: Some(inner.origin.as_ref().unwrap_or(inner).clone()),
                    ..Inner::default()
                };
                change(&mut copy);
                *inner = Arc::new(copy);
            }
        }
        self
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
mod tests;
