//! Subscribers, as `#[micro::subscriber]` registers them.

use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{AnyArc, Component, Dep, Resolver, SourceLocation};
use crate::broker::{Ack, ConsumerOptions, Handler, Start, Subscription, Typed};
use crate::errors::{Error, Result};
use crate::rpc::ServiceError;

/// Description of a subscriber: its subscription, and how it handles events.
#[derive(Clone, Copy, Debug)]
pub struct SubscriberDesc {
    name: &'static str,
    topics: &'static str,
    broker: Option<&'static str>,
    queue: Option<&'static str>,
    durable: bool,
    from: From,
    concurrency: Option<usize>,
    tries: Option<u32>,
    backoff: Option<Duration>,
    dead_letters: Option<&'static str>,
    in_order: bool,
    by_hand: bool,
}

#[derive(Clone, Copy, Debug)]
enum From {
    Now,
    Earliest,
    Time { seconds: i64, nanos: u32 },
}

impl SubscriberDesc {
    /// The subscriber `name` of everything that is published on `topics`.
    pub const fn new(name: &'static str, topics: &'static str) -> Self {
        SubscriberDesc {
            name,
            topics,
            broker: None,
            queue: None,
            durable: false,
            from: From::Now,
            concurrency: None,
            tries: None,
            backoff: None,
            dead_letters: None,
            in_order: false,
            by_hand: false,
        }
    }

    /// Sets the name of the broker.
    pub const fn broker(self, name: &'static str) -> Self {
        SubscriberDesc { broker: Some(name), ..self }
    }

    /// Sets the queue.
    pub const fn queue(self, queue: &'static str) -> Self {
        SubscriberDesc { queue: Some(queue), ..self }
    }

    /// Makes the subscription durable: events are kept while the queue has no subscriber.
    pub const fn durable(self) -> Self {
        SubscriberDesc { durable: true, ..self }
    }

    /// Starts with the earliest event that the broker retains.
    pub const fn from_earliest(self) -> Self {
        SubscriberDesc { from: From::Earliest, ..self }
    }

    /// Starts with the events retained since this time.
    pub const fn from_time(self, seconds: i64, nanos: u32) -> Self {
        SubscriberDesc { from: From::Time { seconds, nanos }, ..self }
    }

    /// Sets the number of events handled at a time.
    pub const fn concurrency(self, concurrency: usize) -> Self {
        SubscriberDesc { concurrency: Some(concurrency), ..self }
    }

    /// Sets the number of attempts, and the delay before the second.
    pub const fn retry(self, max: Option<u32>, backoff: Option<Duration>) -> Self {
        SubscriberDesc { tries: max, backoff, ..self }
    }

    /// Sets the dead-letter topic.
    pub const fn dead_letter(self, topic: &'static str) -> Self {
        SubscriberDesc { dead_letters: Some(topic), ..self }
    }

    /// Handles events of one key one after the other.
    pub const fn in_order(self) -> Self {
        SubscriberDesc { in_order: true, ..self }
    }

    /// Acknowledges events manually.
    pub const fn manual_ack(self) -> Self {
        SubscriberDesc { by_hand: true, ..self }
    }

    pub(in crate::app) fn name(&self) -> &'static str {
        self.name
    }

    pub(in crate::app) fn named_broker(&self) -> Option<&'static str> {
        self.broker
    }

    /// Returns the subscription.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when its topics are none.
    pub(in crate::app) fn subscription(&self) -> Result<Subscription> {
        let mut subscription = Subscription::new(self.topics.parse()?);
        subscription.queue = self.queue.map(str::to_owned);
        subscription.durable = self.durable;
        subscription.start = match self.from {
            From::Now => Start::New,
            From::Earliest => Start::Earliest,
            From::Time { seconds, nanos } => Start::Since(time(seconds, nanos)),
        };
        Ok(subscription)
    }

    /// Returns the consumer options.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when its topic of dead letters is none.
    pub(in crate::app) fn handling(&self) -> Result<ConsumerOptions> {
        let usual = ConsumerOptions::default();
        let (tries, backoff) = (self.tries.unwrap_or(usual.tries), self.backoff.unwrap_or(usual.backoff));
        let concurrency = self.concurrency.unwrap_or(usual.concurrency);
        let mut handling = usual.with_name(self.name).with_concurrency(concurrency).with_tries(tries, backoff);
        if let Some(topic) = self.dead_letters {
            handling = handling.with_dead_letters(topic.parse()?);
        }
        if self.in_order {
            handling = handling.in_order();
        }
        Ok(if self.by_hand { handling.with_manual_ack() } else { handling })
    }
}

fn time(seconds: i64, nanos: u32) -> SystemTime {
    let apart = Duration::from_secs(seconds.unsigned_abs());
    let whole = match seconds {
        0.. => SystemTime::UNIX_EPOCH.checked_add(apart),
        _ => SystemTime::UNIX_EPOCH.checked_sub(apart),
    };
    whole.unwrap_or(SystemTime::UNIX_EPOCH) + Duration::from_nanos(nanos.into())
}

/// Makes the handler of a subscriber: of the instance it is a method of, and of what is injected.
type Make = fn(Option<AnyArc>, &Resolver) -> Result<Arc<dyn Handler>>;

/// A subscriber. Written by `#[micro::subscriber]`.
#[derive(Clone, Copy)]
pub struct SubscriberEntry {
    desc: SubscriberDesc,
    function: Option<TypeId>,
    manual: bool,
    component: Option<fn() -> Component>,
    deps: &'static [Dep],
    taken: &'static [&'static [Dep]],
    make: Make,
    location: SourceLocation,
}

impl SubscriberEntry {
    /// A function that is a subscriber: what it wants, what is injected, how its handler is made, and where it stands.
    pub const fn new(desc: SubscriberDesc, deps: &'static [Dep], make: Make, location: SourceLocation) -> Self {
        SubscriberEntry { desc, function: None, manual: false, component: None, deps, taken: &[], make, location }
    }

    /// The entry of `function`, which [`App::subscribe`](crate::App::subscribe) takes: every function is of a type of its own.
    #[must_use]
    pub const fn function<F: 'static>(self, _: &F) -> Self {
        SubscriberEntry { function: Some(TypeId::of::<F>()), ..self }
    }

    /// An entry that only runs where an app names its function.
    #[must_use]
    pub const fn manual(self) -> Self {
        SubscriberEntry { manual: true, ..self }
    }

    /// Makes the subscriber a method of the one instance of a type.
    #[must_use]
    pub const fn of(self, component: fn() -> Component) -> Self {
        SubscriberEntry { component: Some(component), ..self }
    }

    /// Adds the types that parameters need as extensions of the context.
    #[must_use]
    pub const fn taking(self, taken: &'static [&'static [Dep]]) -> Self {
        SubscriberEntry { taken, ..self }
    }

    /// Finds the entry of a function by its type.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) when it is not marked.
    pub(in crate::app) fn find<F: 'static>() -> Result<Self> {
        let of_function = |entry: &&Self| entry.function == Some(TypeId::of::<F>());
        inventory::iter::<SubscriberEntry>.into_iter().find(of_function).copied().ok_or_else(|| {
            let name = type_name::<F>();
            Error::failed_precondition(format!(
                "`{name}` is not a subscriber: mark the function `#[micro::subscriber]`"
            ))
        })
    }

    /// Returns `true` if the subscriber runs only if an app names its function.
    pub(in crate::app) fn is_manual(&self) -> bool {
        self.manual
    }

    pub(in crate::app) fn desc(&self) -> SubscriberDesc {
        self.desc
    }

    pub(in crate::app) fn component(&self) -> Option<Component> {
        self.component.map(|component| component())
    }

    /// Returns the dependencies: injected types, and extensions of the contexts of events.
    pub(in crate::app) fn needs(&self) -> Vec<Dep> {
        // That one comes with each event.
        let injected = self.deps.iter().filter(|dep| dep.id() != Dep::of::<Ack>().id());
        injected.copied().chain(self.extensions()).collect()
    }

    /// Returns the types that have to be extensions of every context.
    pub(in crate::app) fn extensions(&self) -> impl Iterator<Item = Dep> {
        self.taken.iter().copied().flatten().copied()
    }

    pub(in crate::app) fn handler(&self, instance: Option<AnyArc>, resolver: &Resolver) -> Result<Arc<dyn Handler>> {
        (self.make)(instance, resolver)
    }

    pub(in crate::app) fn location(&self) -> SourceLocation {
        self.location
    }
}

impl fmt::Debug for SubscriberEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriberEntry").field("desc", &self.desc).field("deps", &self.deps).finish_non_exhaustive()
    }
}

inventory::collect!(SubscriberEntry);

/// An event type with a topic: every [`Typed`]. The intermediate trait keeps error messages from listing every event there is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no topic",
    label = "expected an event, which has one",
    note = "mark it `#[micro::event(topic = \"..\")]`, or give the subscriber the topic of another message: `#[micro::subscriber(topic = \"..\")]`"
)]
pub trait Topical: 'static {
    /// Topic on which the event is published.
    const TOPIC: &'static str;
}

#[diagnostic::do_not_recommend]
impl<E: Typed> Topical for E {
    const TOPIC: &'static str = <E as Typed>::TOPIC;
}

/// An ordering key: anything with a `Display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of an event",
    label = "expected something with a `Display`, such as a number or a `String`"
)]
pub trait OrderKey {
    /// As text.
    fn key(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + ?Sized> OrderKey for T {
    fn key(&self) -> String {
        self.to_string()
    }
}

/// Return type of a subscriber: any `Result` of `()`, also behind an alias.
#[diagnostic::on_unimplemented(
    message = "a subscriber returns a `Result<()>`, found `{Self}`",
    label = "expected `Result<()>`: an error has the event tried again"
)]
pub trait Handled {
    /// As micro's own `Result`.
    ///
    /// # Errors
    ///
    /// What handling failed with.
    fn into_result(self) -> Result<()>;
}

impl<E: ServiceError> Handled for Result<(), E> {
    fn into_result(self) -> Result<()> {
        self.map_err(ServiceError::into_error)
    }
}
