//! The current context, and which method is called with it: set while a future or a stream is polled.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use futures_core::Stream;

use super::{Caller, Context, CurrentMethod};

thread_local! {
    static CURRENT: RefCell<Current> = const { RefCell::new(Current { context: Context::new(), method: None, depth: 0 }) };
}

#[derive(Debug)]
struct Current {
    context: Context,
    method: Option<CurrentMethod>,
    // How many scopes are being polled within one another on this thread.
    depth: u32,
}

impl CurrentMethod {
    /// Returns the method that the code on this thread runs for; `None` outside of a handler.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(|current| current.method)
    }
}

impl Caller {
    /// The code that runs on this thread.
    pub(crate) fn current() -> Self {
        CURRENT.with_borrow(|current| {
            let (context, method) = (current.context.clone(), current.method);
            let nesting = context.caller().map_or(0, |caller| caller.nesting) + u32::from(method.is_some());
            Caller { context, method, nesting }
        })
    }
}

/// Returns the number of scopes polled within one another on this thread.
pub(crate) fn depth() -> u32 {
    CURRENT.with_borrow(|current| current.depth)
}

impl Context {
    /// The context of the handler this code runs in; an empty one outside a handler.
    pub fn current() -> Self {
        CURRENT.with_borrow(|current| current.context.clone())
    }

    /// Runs `future` with this context as the current one.
    pub fn scope<F: Future>(self, future: F) -> Scoped<F> {
        Scoped::new(self, future)
    }
}

pin_project_lite::pin_project! {
    /// A future or a stream that is always polled with a context as the current one.
    ///
    /// A value of tokio's task-local kind would be lost in a stream that a handler returned; this is entered on every poll.
    #[derive(Debug)]
    pub struct Scoped<F> {
        current: Current,
        #[pin]
        inner: F,
    }
}

impl<F> Scoped<F> {
    // Whatever context a piece of work is given, it is done for the method that gives it.
    pub(super) fn new(context: Context, inner: F) -> Self {
        Scoped { current: Current { context, method: CurrentMethod::current(), depth: 0 }, inner }
    }

    /// The handler of `method`.
    pub(crate) fn handler(context: Context, method: CurrentMethod, inner: F) -> Self {
        Scoped { current: Current { context, method: Some(method), depth: 0 }, inner }
    }

    /// A stream that is always polled with `context` as the current one.
    pub(crate) fn stream(context: Context, inner: F) -> Self
    where
        F: Stream,
    {
        Self::new(context, inner)
    }

    /// Does something within the scope.
    pub(crate) fn enter<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::new(&mut self.current);
        work()
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::new(this.current);
        this.inner.poll(cx)
    }
}

impl<F: Stream> Stream for Scoped<F> {
    type Item = F::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<F::Item>> {
        let this = self.project();
        let _entered = Entered::new(this.current);
        this.inner.poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

/// Swaps a context in for as long as this lives, also when a panic ends it.
struct Entered<'a>(&'a mut Current);

impl<'a> Entered<'a> {
    fn new(own: &'a mut Current) -> Self {
        CURRENT.with_borrow_mut(|current| {
            own.depth = current.depth + 1;
            std::mem::swap(current, own);
        });
        Entered(own)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.0));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::StreamExt;

    use super::*;

    fn has_deadline() -> bool {
        Context::current().deadline().is_some()
    }

    #[tokio::test]
    async fn the_context_is_current_inside_its_scope_only() {
        let context = Context::new().with_timeout(Duration::from_secs(1));
        assert!(!has_deadline());
        assert!(context.scope(async { has_deadline() }).await);
        assert!(!has_deadline());
    }

    #[tokio::test]
    async fn a_stream_keeps_the_context() {
        let context = Context::new().with_timeout(Duration::from_secs(1));
        let stream = futures_util::stream::once(async { has_deadline() });
        let mut stream = std::pin::pin!(Scoped::stream(context.clone(), stream));
        assert_eq!(stream.next().await, Some(true));
    }

    #[test]
    fn a_panic_leaves_no_context_behind() {
        let context = Context::new().with_timeout(Duration::from_secs(1));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runtime.block_on(context.scope(async { panic!("boom") }));
        }));
        assert!(caught.is_err());
        assert!(!has_deadline());
    }
}
