//! What every stream of a call goes through: its context, its deadline, and a net under its panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Cx, Poll};

use futures_core::Stream;

use super::fault::Fault;
use super::report;
use crate::context::{Context, Scoped};
use crate::errors::Error;
use crate::rpc::Streaming;
use crate::util::clock::{self, Sleep};

/// A stream that is polled with its call's context, ends at its call's deadline, and whose panic is an error.
pub(super) fn guarded<T: Send + 'static, E: Fault>(stream: Streaming<T, E>, context: &Context) -> Streaming<T, E> {
    let timer = context.deadline().map(|deadline| Box::pin(clock::sleep_until(deadline)));
    Streaming::new(Guarded { inner: Some(Scoped::stream(context.clone(), stream)), timer, context: context.clone() })
}

struct Guarded<T, E> {
    // Dropped as soon as the stream is over, whatever ended it: what it holds is work nobody waits for.
    inner: Option<Scoped<Streaming<T, E>>>,
    timer: Option<Pin<Box<Sleep>>>,
    context: Context,
}

impl<T, E: Fault> Stream for Guarded<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        if let Some(timer) = &mut this.timer
            && timer.as_mut().poll(cx).is_ready()
        {
            this.inner = None;
            return Poll::Ready(Some(Err(E::from_error(Context::deadline_exceeded()))));
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
        this.inner = None;
        Poll::Ready(failure.map(|error| Err(E::from_error(error))))
    }
}

impl<T, E> Drop for Guarded<T, E> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            self.context.cancel();
        }
    }
}
