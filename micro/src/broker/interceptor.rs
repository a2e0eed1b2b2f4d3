//! Interceptors of publishing and handling.

use std::fmt;
use std::sync::Arc;

use super::handling::{EventRequest, Handler};
use super::{Broker, Event};
use crate::errors::Result;
use crate::rpc::BoxFuture;

/// Wraps what a broker is used for: every publishing, and every try of a handler. Either may be left as it is.
///
/// The first one added is the outermost, on both ways: with `a` and `b`, an event goes through `a`, `b` and the broker, then
/// through `a`, `b` and the handler. Around a handler they run once for each try, within its context and its deadline, and
/// what they fail with counts as the handler's. Dead letters are published through them too.
///
/// ```
/// use micro::broker::{Event, HandleNext, Interceptor, PublishNext, handling::EventRequest};
/// use micro::prelude::*;
///
/// struct Tenants;
///
/// impl Interceptor for Tenants {
///     async fn publish(&self, mut events: Vec<Event>, next: PublishNext<'_>) -> Result<()> {
///         for event in &mut events {
///             event.metadata.insert("tenant", "acme")?;
///         }
///         next.run(events).await
///     }
///
///     async fn handle(&self, request: EventRequest, next: HandleNext<'_>) -> Result<()> {
///         match request.event().metadata.get("tenant") {
///             Some("acme") => next.run(request).await,
///             _ => Ok(()), // not ours
///         }
///     }
/// }
///
/// let app = micro::app().event_interceptor(Tenants);
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Wraps one publishing of one or several events; `next.run(events)` is the rest of it.
    fn publish(&self, events: Vec<Event>, next: PublishNext<'_>) -> impl Future<Output = Result<()>> + Send {
        next.run(events)
    }

    /// Wraps one try of a handler; `next.run(request)` is the rest of it.
    fn handle(&self, request: EventRequest, next: HandleNext<'_>) -> impl Future<Output = Result<()>> + Send {
        next.run(request)
    }
}

/// Interceptors in order, the outermost first. Cloning shares them.
#[derive(Clone, Default)]
pub struct Interceptors(Arc<Vec<Arc<dyn ErasedEventInterceptor>>>);

impl Interceptors {
    /// Adds one inside of those that are there.
    pub fn push(&mut self, interceptor: impl Interceptor) {
        Arc::make_mut(&mut self.0).push(Arc::new(interceptor));
    }

    /// Publishes through all of them.
    pub(super) async fn publish(&self, broker: &Broker, events: &[Event]) -> Result<()> {
        match self.0.is_empty() {
            true => broker.0.publish(events).await,
            false => PublishNext { rest: &self.0, broker }.run(events.to_vec()).await,
        }
    }

    /// Handles through all of them.
    pub(super) async fn handle(&self, request: EventRequest, handler: &dyn Handler) -> Result<()> {
        HandleNext { rest: &self.0, handler }.run(request).await
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interceptors({})", self.0.len())
    }
}

/// The rest of a publishing, from the view of an [`Interceptor`].
pub struct PublishNext<'a> {
    rest: &'a [Arc<dyn ErasedEventInterceptor>],
    broker: &'a Broker,
}

impl<'a> PublishNext<'a> {
    /// Publishes these events.
    ///
    /// # Errors
    ///
    /// As [`Broker::publish`], and what interceptors further in fail with.
    pub fn run(self, events: Vec<Event>) -> BoxFuture<'a, Result<()>> {
        match self.rest.split_first() {
            Some((first, rest)) => first.publish(events, PublishNext { rest, broker: self.broker }),
            None => Box::pin(async move { self.broker.0.publish(&events).await }),
        }
    }
}

impl fmt::Debug for PublishNext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublishNext({} interceptors)", self.rest.len())
    }
}

/// The rest of a try, from the view of an [`Interceptor`].
pub struct HandleNext<'a> {
    rest: &'a [Arc<dyn ErasedEventInterceptor>],
    handler: &'a dyn Handler,
}

impl<'a> HandleNext<'a> {
    /// Handles the event.
    ///
    /// # Errors
    ///
    /// What the handler fails with, and interceptors further in.
    pub fn run(self, request: EventRequest) -> BoxFuture<'a, Result<()>> {
        match self.rest.split_first() {
            Some((first, rest)) => first.handle(request, HandleNext { rest, handler: self.handler }),
            None => {
                let context = request.context().clone();
                Box::pin(context.scope(self.handler.handle(request)))
            }
        }
    }
}

impl fmt::Debug for HandleNext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandleNext({} interceptors)", self.rest.len())
    }
}

trait ErasedEventInterceptor: Send + Sync {
    fn publish<'a>(&'a self, events: Vec<Event>, next: PublishNext<'a>) -> BoxFuture<'a, Result<()>>;
    fn handle<'a>(&'a self, request: EventRequest, next: HandleNext<'a>) -> BoxFuture<'a, Result<()>>;
}

impl<I: Interceptor> ErasedEventInterceptor for I {
    fn publish<'a>(&'a self, events: Vec<Event>, next: PublishNext<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(Interceptor::publish(self, events, next))
    }

    fn handle<'a>(&'a self, request: EventRequest, next: HandleNext<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(Interceptor::handle(self, request, next))
    }
}
