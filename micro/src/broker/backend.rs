use std::fmt::Debug;
use std::future::{Future, ready};

use futures_util::future::{BoxFuture, FutureExt};

use super::{Capabilities, Deliveries, Event, State, Subscription};
use crate::errors::Result;

/// A broker backend: publishes events and receives them for subscriptions.
///
/// Retries, dead letters, order, concurrency and deadlines are the room's business, written once for all backends.
/// [`Memory`](super::Memory) is the reference.
pub trait Backend: Debug + Send + Sync + 'static {
    /// The backend's name, for errors and banners: `memory`, `nats://10.0.0.1:4222`. Without secrets.
    fn name(&self) -> String;

    /// Returns the capabilities of the broker.
    fn capabilities(&self) -> Capabilities;

    /// Returns whether the server can be reached now. A backend reconnects automatically.
    fn state(&self) -> State {
        State::Up
    }

    /// Hands events over, in their order. Done when the broker answers for them, as far as it does at all.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) when it cannot be reached; some of the events may have been taken.
    /// [`ResourceExhausted`](crate::Code::ResourceExhausted) when it takes no more.
    fn publish(&self, events: &[Event]) -> impl Future<Output = Result<()>> + Send;

    /// Begins to deliver. Events that are published after it returns are delivered.
    ///
    /// It has been checked that the capabilities are enough.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) when it cannot be reached.
    fn subscribe(&self, subscription: &Subscription) -> impl Future<Output = Result<Deliveries>> + Send;

    /// Waits until what is kept in this process for now is in other hands: what was published, and what subscribers that have
    /// left had not taken. A backend that keeps nothing has nothing to wait for.
    fn flush(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// [`Backend`] with its type erased, as the handle holds it.
pub(super) trait DynBackend: Debug + Send + Sync + 'static {
    fn name(&self) -> String;
    fn capabilities(&self) -> Capabilities;
    fn state(&self) -> State;
    fn publish<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<()>>;
    fn subscribe<'a>(&'a self, subscription: &'a Subscription) -> BoxFuture<'a, Result<Deliveries>>;
    fn flush(&self) -> BoxFuture<'_, ()>;
}

impl<B: Backend> DynBackend for B {
    fn name(&self) -> String {
        Backend::name(self)
    }

    fn capabilities(&self) -> Capabilities {
        Backend::capabilities(self)
    }

    fn state(&self) -> State {
        Backend::state(self)
    }

    fn publish<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<()>> {
        Backend::publish(self, events).boxed()
    }

    fn subscribe<'a>(&'a self, subscription: &'a Subscription) -> BoxFuture<'a, Result<Deliveries>> {
        Backend::subscribe(self, subscription).boxed()
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        Backend::flush(self).boxed()
    }
}
