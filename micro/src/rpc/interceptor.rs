//! Interceptors: what wraps calls, on either side.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::BoxFuture;
use super::attempt::{Attempt, AttemptEndpoint};
use super::call::{Call, CallEndpoint};
use super::outcome::CallOutcome;
use crate::context::{Completion, Context};
use crate::errors::{Code, Error, Result};
use crate::util::clock::{self, Instant};

/// Wraps calls, of every transport and every shape.
///
/// | Method | Runs | Without [`Interest`] it costs |
/// |---|---|---|
/// | [`call`](Self::call) | around a call: on a client before the node is chosen, on a server before the handler | |
/// | [`attempt`](Self::attempt) | on a client, around each attempt to send the call to a node; calls within the process have none | nothing |
/// | [`end`](Self::end) | once for each call, when it is over: for a call that is answered with a stream, at the end of the stream | nothing |
///
/// The first interceptor that was added is the outermost: its `call` and its `attempt` begin first and end last, and its `end` runs
/// last. For a method that answers with a stream, `call` ends once the stream is there, before its items are.
///
/// Authentication sets the account of a call, or refuses it:
///
/// ```
/// use std::sync::Arc;
/// use micro::context::Account;
/// use micro::prelude::*;
/// use micro::rpc::{Call, Interceptor, Next};
///
/// struct Passwords;
///
/// impl Interceptor for Passwords {
///     async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
///         if call.context().metadata().get("authorization") != Some("Bearer sesame") {
///             return Err(Error::unauthenticated("wrong password"));
///         }
///         let account = Account { id: "ali".to_owned(), ..Account::default() };
///         call.set_context(call.context().clone().with_account(Arc::new(account)));
///         next.run(call).await
///     }
/// }
/// ```
///
/// Metrics count every call with its code, streams included:
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
/// use micro::Code;
/// use micro::rpc::{EndedCall, Interceptor, Interest};
///
/// #[derive(Default)]
/// struct Metrics(Mutex<BTreeMap<(String, Option<Code>), u64>>);
///
/// impl Interceptor for Metrics {
///     fn interest(&self) -> Interest {
///         Interest::ENDS
///     }
///
///     fn end(&self, call: &EndedCall<'_>) {
///         let key = (call.path().to_owned(), call.outcome().code());
///         *self.0.lock().unwrap().entry(key).or_default() += 1;
///         println!("{} took {:?}", call.path(), call.outcome().latency());
///     }
/// }
/// ```
///
/// Logging tells what became of each attempt:
///
/// ```
/// use micro::prelude::*;
/// use micro::rpc::{Attempt, Interceptor, Interest, NextAttempt};
///
/// struct Attempts;
///
/// impl Interceptor for Attempts {
///     fn interest(&self) -> Interest {
///         Interest::ATTEMPTS
///     }
///
///     async fn attempt(&self, attempt: &mut Attempt<'_>, next: NextAttempt<'_>) -> Result<()> {
///         let result = next.run(attempt).await;
///         println!("attempt {} at {}: {result:?}", attempt.number(), attempt.address());
///         result
///     }
/// }
/// ```
///
/// Limits refuse a call before it runs:
///
/// ```
/// use micro::prelude::*;
/// use micro::rpc::{Call, Interceptor, Next};
/// use tokio::sync::Semaphore;
///
/// struct AtMost(Semaphore);
///
/// impl Interceptor for AtMost {
///     async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
///         let _permit = self.0.try_acquire().map_err(|_| Error::resource_exhausted("too many calls"))?;
///         next.run(call).await
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Wraps one call; `next.run(call)` is the rest of it. By default nothing is added.
    fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> impl Future<Output = Result<()>> + Send {
        async move { next.run(call).await }
    }

    /// Wraps one attempt at a call; `next.run(attempt)` is the rest of it. Runs only with [`Interest::ATTEMPTS`].
    ///
    /// An error stands for the failure of the attempt: whether another follows is decided by its code and its
    /// [`execution`](Error::execution). Reply metadata of an attempt that fails is dropped.
    fn attempt(&self, attempt: &mut Attempt<'_>, next: NextAttempt<'_>) -> impl Future<Output = Result<()>> + Send {
        async move { next.run(attempt).await }
    }

    /// Handles the end of a call. Runs only with [`Interest::ENDS`], exactly once for each call whose road reached the
    /// interceptors, also when its caller drops it. It must neither block nor panic.
    fn end(&self, call: &EndedCall<'_>) {
        let _ = call;
    }

    /// The methods that run. It is asked once, when the interceptor is added. Default: [`Interest::CALLS`].
    fn interest(&self) -> Interest {
        Interest::CALLS
    }
}

/// The methods of an [`Interceptor`] that run.
///
/// ```
/// use micro::rpc::Interest;
///
/// let both = Interest::CALLS.and(Interest::ENDS);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    calls: bool,
    attempts: bool,
    ends: bool,
}

impl Interest {
    /// [`Interceptor::call`].
    pub const CALLS: Self = Interest { calls: true, attempts: false, ends: false };
    /// [`Interceptor::attempt`].
    pub const ATTEMPTS: Self = Interest { calls: false, attempts: true, ends: false };
    /// [`Interceptor::end`].
    pub const ENDS: Self = Interest { calls: false, attempts: false, ends: true };

    /// Both this and `other`.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Interest {
            calls: self.calls || other.calls,
            attempts: self.attempts || other.attempts,
            ends: self.ends || other.ends,
        }
    }
}

/// A call that is over.
#[derive(Debug)]
pub struct EndedCall<'a> {
    service: &'a str,
    path: &'a str,
    context: &'a Context,
    outcome: CallOutcome,
}

impl EndedCall<'_> {
    /// The name of the service, as the registry lists it.
    pub fn service(&self) -> &str {
        self.service
    }

    /// The path of the method: `/greeter.Greeter/Hello`.
    pub fn path(&self) -> &str {
        self.path
    }

    /// The context of the call, with the reply metadata.
    pub fn context(&self) -> &Context {
        self.context
    }

    /// Returns the outcome and the latency. A caller that gave up is recorded as [`Code::Cancelled`].
    pub fn outcome(&self) -> CallOutcome {
        self.outcome
    }
}

/// Interceptors in order, the outermost first. Cloning shares them.
#[derive(Clone, Default)]
pub struct Interceptors(Arc<Lists>);

#[derive(Clone, Default)]
struct Lists {
    calls: Vec<Arc<dyn ErasedInterceptor>>,
    attempts: Vec<Arc<dyn ErasedInterceptor>>,
    ends: Vec<Arc<dyn ErasedInterceptor>>,
}

impl Interceptors {
    /// Returns `true` if there are no interceptors.
    pub fn is_empty(&self) -> bool {
        !self.take_time() && self.0.ends.is_empty()
    }

    /// Returns `true` if any interceptor runs during a call.
    pub(crate) fn take_time(&self) -> bool {
        !(self.0.calls.is_empty() && self.0.attempts.is_empty())
    }

    /// Adds one inside of those that are there.
    pub fn push(&mut self, interceptor: impl Interceptor) {
        let (interest, interceptor) = (interceptor.interest(), Arc::new(interceptor));
        let lists = Arc::make_mut(&mut self.0);
        for (list, wanted) in [
            (&mut lists.calls, interest.calls),
            (&mut lists.attempts, interest.attempts),
            (&mut lists.ends, interest.ends),
        ] {
            if wanted {
                list.push(interceptor.clone());
            }
        }
    }

    /// Runs `call` through all of them and then through `end`.
    pub fn run<'a>(&'a self, call: &'a mut Call<'_>, end: &'a dyn CallEndpoint) -> BoxFuture<'a, Result<()>> {
        let next = Next { rest: &self.0.calls, end, deadline: call.context().deadline() };
        if self.0.ends.is_empty() {
            return next.proceed(call);
        }
        Box::pin(self.run_to_its_end(call, next))
    }

    async fn run_to_its_end(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        let began = clock::now();
        let (service, path, context) = (call.service(), call.method().path(), call.context().clone());
        let mut running = RunningInterceptors { lists: &self.0, service, path, context, began, kind: EndKind::One };
        if call.method().server_streaming() {
            running.kind = EndKind::StreamCompletion;
            let (lists, service, path) = (self.0.clone(), service.into(), path.into());
            running.context.push_completion(Box::new(StreamCompletion { lists, service, path, began }));
        }
        let result = next.proceed(call).await;
        running.end(result.as_ref().err());
        result
    }

    /// Runs `attempt` through all of them and then through `end`; `None` where none of them wants to see it.
    pub(crate) fn attempt<'a>(
        &'a self,
        attempt: &'a mut Attempt<'_>,
        end: &'a dyn AttemptEndpoint,
    ) -> BoxFuture<'a, Result<()>> {
        NextAttempt { rest: &self.0.attempts, end }.run(attempt)
    }

    /// Returns `true` if any interceptor sees attempts.
    pub(crate) fn see_attempts(&self) -> bool {
        !self.0.attempts.is_empty()
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lists { calls, attempts, ends } = &*self.0;
        write!(f, "Interceptors({} of calls, {} of attempts, {} of ends)", calls.len(), attempts.len(), ends.len())
    }
}

impl Lists {
    /// Notifies all that see ends, the innermost first.
    fn end(&self, service: &str, path: &str, context: &Context, error: Option<&Error>, latency: Duration) {
        let ended = EndedCall { service, path, context, outcome: CallOutcome::new(error, latency) };
        self.ends.iter().rev().for_each(|interceptor| interceptor.end(&ended));
    }
}

/// A call whose end some want to see. Dropping it before its end is one.
struct RunningInterceptors<'a> {
    lists: &'a Lists,
    service: &'a str,
    path: &'a str,
    context: Context,
    began: Instant,
    kind: EndKind,
}

#[derive(Clone, Copy, PartialEq)]
enum EndKind {
    /// Over when its future is.
    One,
    /// Over when its stream is, if it gets one.
    StreamCompletion,
    /// Over.
    Ended,
}

impl RunningInterceptors<'_> {
    fn end(&mut self, error: Option<&Error>) {
        match std::mem::replace(&mut self.kind, EndKind::Ended) {
            EndKind::One => self.lists.end(self.service, self.path, &self.context, error, self.began.elapsed()),
            // The stream has taken it, unless there is none.
            EndKind::StreamCompletion => {
                if let Some(completion) = self.context.pop_completion() {
                    completion.complete(&self.context, error);
                }
            }
            EndKind::Ended => {}
        }
    }
}

impl Drop for RunningInterceptors<'_> {
    fn drop(&mut self) {
        if self.kind != EndKind::Ended {
            let late = self.context.deadline().is_some_and(|deadline| deadline <= clock::now());
            let error = match late {
                true => Context::deadline_exceeded(),
                false => Error::new(Code::Cancelled, "the caller gave up"),
            };
            self.end(Some(&error));
        }
    }
}

/// A call whose stream some want to see the end of.
struct StreamCompletion {
    lists: Arc<Lists>,
    service: Box<str>,
    path: Box<str>,
    began: Instant,
}

impl Completion for StreamCompletion {
    fn complete(self: Box<Self>, context: &Context, error: Option<&Error>) {
        self.lists.end(&self.service, &self.path, context, error, self.began.elapsed());
    }
}

/// The rest of a call, from the view of an interceptor.
pub struct Next<'a> {
    rest: &'a [Arc<dyn ErasedInterceptor>],
    end: &'a dyn CallEndpoint,
    // The deadline that is kept already.
    deadline: Option<Instant>,
}

impl<'a> Next<'a> {
    /// Runs the rest of the call, within the deadline of its context.
    ///
    /// # Errors
    ///
    /// What the handler or the way to it failed with; [`Code::DeadlineExceeded`] when a deadline passes that an interceptor has
    /// shortened.
    pub fn run(mut self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        match call.context().deadline() {
            Some(sooner) if self.deadline.is_none_or(|deadline| sooner < deadline) => {
                self.deadline = Some(sooner);
                Box::pin(async move {
                    let run = clock::within(sooner, self.proceed(call)).await;
                    run.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
                })
            }
            _ => self.proceed(call),
        }
    }

    fn proceed(self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        match self.rest.split_first() {
            Some((first, rest)) => first.call(call, Next { rest, ..self }),
            None => self.end.run(call),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next({} interceptors)", self.rest.len())
    }
}

/// The rest of an attempt, from the view of an interceptor.
pub struct NextAttempt<'a> {
    rest: &'a [Arc<dyn ErasedInterceptor>],
    end: &'a dyn AttemptEndpoint,
}

impl<'a> NextAttempt<'a> {
    /// Runs the rest of the attempt. It succeeds once there is an answer, or the first part of one that is a stream.
    ///
    /// # Errors
    ///
    /// What the handler or the way to it failed with.
    pub fn run(self, attempt: &'a mut Attempt<'_>) -> BoxFuture<'a, Result<()>> {
        match self.rest.split_first() {
            Some((first, rest)) => first.attempt(attempt, NextAttempt { rest, end: self.end }),
            None => self.end.run(attempt),
        }
    }
}

impl fmt::Debug for NextAttempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NextAttempt({} interceptors)", self.rest.len())
    }
}

trait ErasedInterceptor: Send + Sync {
    fn call<'a>(&'a self, call: &'a mut Call<'_>, next: Next<'a>) -> BoxFuture<'a, Result<()>>;
    fn attempt<'a>(&'a self, attempt: &'a mut Attempt<'_>, next: NextAttempt<'a>) -> BoxFuture<'a, Result<()>>;
    fn end(&self, call: &EndedCall<'_>);
}

impl<I: Interceptor> ErasedInterceptor for I {
    fn call<'a>(&'a self, call: &'a mut Call<'_>, next: Next<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(Interceptor::call(self, call, next))
    }

    fn attempt<'a>(&'a self, attempt: &'a mut Attempt<'_>, next: NextAttempt<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(Interceptor::attempt(self, attempt, next))
    }

    fn end(&self, call: &EndedCall<'_>) {
        Interceptor::end(self, call);
    }
}
