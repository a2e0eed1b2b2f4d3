//! Guards around the streams of a call: context, deadline, and a catch of panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Cx, Poll};

use futures_core::Stream;

use super::nesting;
use super::report;
use super::service_error::ServiceError;
use super::streaming::{Streaming, Wrap};
use crate::context::{Completion, Context, Scoped};
use crate::errors::{Code, Error};
use crate::util::clock::{self, Sleep};

/// Ties the requests of a call to the context of the caller: they are read in it, end at its deadline, and their panic is an
/// error.
pub(crate) struct Requests<'a>(pub(crate) &'a Context);

/// Ties the replies of a call to its context in the same way. The call ends with them: it is cancelled when they are dropped
/// before their end, and what waits for its completion is notified.
pub(crate) struct Replies<'a>(pub(crate) &'a Context);

impl Wrap for Requests<'_> {
    fn wrap<T: Send + 'static, E: ServiceError>(self, stream: Streaming<T, E>) -> Streaming<T, E> {
        Streaming::new(Guarded::new(stream, self.0, None))
    }
}

impl Wrap for Replies<'_> {
    fn wrap<T: Send + 'static, E: ServiceError>(self, stream: Streaming<T, E>) -> Streaming<T, E> {
        let call = OpenCall { context: self.0.clone(), completions: self.0.take_completions() };
        Streaming::new(Guarded::new(stream, self.0, Some(call)))
    }
}

struct Guarded<T, E> {
    // Dropped as soon as the stream is over, whatever ended it: it holds work that is not awaited any more.
    inner: Option<Scoped<Streaming<T, E>>>,
    timer: Option<Pin<Box<Sleep>>>,
    context: Context,
    call: Option<OpenCall>,
    polls: u8,
    /// `true` once the stream has a task of its own.
    off_stack: bool,
}

/// Polls of a stream between two looks at the depth of the stack; a power of two. The reader of a stream hardly ever changes.
const POLLS_PER_CHECK: u8 = 64;

impl<T: Send + 'static, E: ServiceError> Guarded<T, E> {
    fn new(stream: Streaming<T, E>, context: &Context, call: Option<OpenCall>) -> Self {
        let timer = context.deadline().map(|deadline| Box::pin(clock::sleep_until(deadline)));
        let inner = Some(Scoped::stream(context.clone(), stream));
        Guarded { inner, timer, context: context.clone(), call, polls: 0, off_stack: false }
    }

    /// Gives the stream a task of its own where so many others are polled around it that the stack would not last.
    fn leave_deep_stack(&mut self) {
        if !self.off_stack && nesting::is_deep(nesting::MAX_STACKED) {
            self.off_stack = true;
            self.inner = self.inner.take().map(|inner| nesting::off_stack_stream(inner, &self.context));
        }
    }

    /// Ends the stream.
    fn end(&mut self, error: Option<Error>) -> Poll<Option<Result<T, E>>> {
        self.inner = None;
        if let Some(call) = self.call.take() {
            call.end(error.as_ref());
        }
        Poll::Ready(error.map(|error| Err(E::from_error(error))))
    }
}

impl<T: Send + 'static, E: ServiceError> Stream for Guarded<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.polls.is_multiple_of(POLLS_PER_CHECK) {
            this.leave_deep_stack();
        }
        this.polls = this.polls.wrapping_add(1);
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        if let Some(timer) = &mut this.timer
            && timer.as_mut().poll(cx).is_ready()
        {
            return this.end(Some(Context::deadline_exceeded()));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut *inner).poll_next(cx)));
        let failure = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Some(Ok(item)))) => return Poll::Ready(Some(Ok(item))),
            Ok(Poll::Ready(Some(Err(error)))) => Some(error.into_error()),
            Ok(Poll::Ready(None)) => None,
            Err(payload) => Some(Error::panicked(&*payload)),
        };
        if let Some(error) = &failure {
            inner.enter(|| report::failed(error));
        }
        this.end(failure)
    }
}

/// A call whose replies have not ended. Dropping it cancels the call.
struct OpenCall {
    context: Context,
    completions: Vec<Box<dyn Completion>>,
}

impl OpenCall {
    fn end(mut self, error: Option<&Error>) {
        self.complete(error);
        // Ended, and so not cancelled.
        self.context = Context::new();
    }

    // The innermost first.
    fn complete(&mut self, error: Option<&Error>) {
        while let Some(completion) = self.completions.pop() {
            completion.complete(&self.context, error);
        }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.context.cancel();
        if !self.completions.is_empty() {
            self.complete(Some(&Error::new(Code::Cancelled, "the stream was dropped before its end")));
        }
    }
}
