//! The subscribers of a program, from its start to its stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::downgrades::Downgrades;
use super::inject::{AnyArc, Resolver};
use super::plan::Subscribing;
use crate::broker::handling::Consumer;
use crate::broker::{Broker, Brokers, ConsumerOptions, Handler, Subscription};
use crate::context::Extensions;
use crate::errors::{Code, Error, Result};
use crate::util::backoff::Backoff;
use crate::util::clock;
use crate::util::lifecycle::{Lifecycle, State};
use crate::util::spawn::{self, Task};

/// Time the start of a program waits for its subscriptions; those whose brokers are away follow later.
const START_TIMEOUT: Duration = Duration::from_secs(3);
/// The bounds of the pause before another attempt to subscribe.
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// A subscription, and what its events are for.
pub(super) struct Subscriber {
    pub(super) broker: Broker,
    pub(super) subscription: Subscription,
    pub(super) handling: ConsumerOptions,
    pub(super) handler: Arc<dyn Handler>,
}

/// Subscribers that run.
pub(super) struct Subscribers {
    running: Vec<Task<()>>,
}

impl Subscriber {
    /// Creates a planned subscriber, with the instance it is a method of; `downgrades` records what its broker does not support.
    ///
    /// # Errors
    ///
    /// What is wrong with its topics; [`NotFound`](Code::NotFound) when it names a broker that is not there.
    pub(super) fn of(
        planned: &Subscribing,
        instance: Option<AnyArc>,
        resolver: &Resolver,
        brokers: &Brokers,
        downgrades: &mut Downgrades,
    ) -> Result<Self> {
        let desc = planned.entry.desc();
        let build = || {
            let name = desc.named_broker();
            let broker = name.map_or(Ok(brokers.default_instance()), |name| brokers.get(name))?.clone();
            let (handling, handler) = (desc.handling()?, planned.entry.handler(instance, resolver)?);
            let subscription = desc.subscription()?;
            let subscription = downgrades.apply(subscription, &handling, &*handler, &broker, name.is_none());
            Ok(Subscriber { broker, subscription, handling, handler })
        };
        build().map_err(|error: Error| {
            Error::new(error.code(), format!("{} cannot subscribe: {error:#}", planned.entry.location()))
        })
    }

    /// For people: `audit: greeter.greeted, queue audit, at direct`.
    pub(super) fn describe(&self) -> String {
        let queue = self.subscription.queue.as_ref().map_or_else(String::new, |queue| format!(", queue `{queue}`"));
        let (name, topics, broker) = (self.handling.name, &self.subscription.topics, self.broker.name());
        format!("{name}: {topics}{queue}, at broker `{broker}`")
    }
}

impl Subscribers {
    /// Subscribes, and handles events until `lifecycle` says [`State::Draining`]. `lent` is what handlers find in their context.
    ///
    /// A broker that is away is no failure: its subscribers begin once it is there.
    ///
    /// # Errors
    ///
    /// [`Unimplemented`](Code::Unimplemented) when one asks for what its broker does not do, and whatever else is not going
    /// to be otherwise later.
    pub(super) async fn begin(subscribers: Vec<Subscriber>, lent: &Extensions, lifecycle: &Lifecycle) -> Result<Self> {
        let (mut running, mut begun) = (Vec::new(), Vec::new());
        for subscriber in subscribers {
            let (told, first) = oneshot::channel();
            begun.push((subscriber.describe(), first));
            running.push(spawn::spawn(subscriber.keep(lent.clone(), lifecycle.clone(), told)));
        }
        let until = clock::after(START_TIMEOUT);
        for (what, first) in begun {
            match clock::timeout_at(until, first).await {
                Ok(Ok(Err(error))) => {
                    return Err(Error::new(error.code(), format!("cannot subscribe {what}: {}", error.message())));
                }
                Ok(_) => {}
                Err(_) => tracing::warn!("the broker does not answer yet; events come once it does: {what}"),
            }
        }
        Ok(Subscribers { running })
    }

    /// Returns once the events that had begun when the lifecycle said [`State::Draining`] are handled.
    pub(super) async fn finish(self) {
        for running in self.running {
            // One that panicked has ended too.
            let _ = running.await;
        }
    }
}

impl Subscriber {
    /// Subscribes again and again until the program drains. `told` hears of the first time.
    async fn keep(self, lent: Extensions, lifecycle: Lifecycle, told: oneshot::Sender<Result<()>>) {
        let (mut told, mut backoff, mut away) = (Some(told), Backoff::new(MIN_PAUSE, MAX_PAUSE), false);
        let mut tell = |first| drop(told.take().map(|told| told.send(first)));
        loop {
            let begun = tokio::select! {
                biased;
                () = lifecycle.wait_for(State::Draining) => return,
                begun = self.begin(&lent) => begun,
            };
            match begun {
                Ok(serving) => {
                    tell(Ok(()));
                    away = false;
                    backoff.reset();
                    serving.run(lifecycle.wait_for(State::Draining)).await;
                    if lifecycle.state() >= State::Draining {
                        return;
                    }
                    tracing::warn!("the broker ended a subscription, which begins again: {}", self.describe());
                }
                Err(error) if is_away(&error) => {
                    // Once per outage is for the operator, the rest for the developer.
                    match std::mem::replace(&mut away, true) {
                        false => tracing::warn!("no subscription yet: {}: {error:#}", self.describe()),
                        true => tracing::debug!("still no subscription: {}: {error:#}", self.describe()),
                    }
                    tell(Ok(()));
                }
                Err(error) => {
                    tracing::error!("no subscription: {}: {error:#}", self.describe());
                    tell(Err(error));
                }
            }
            tokio::select! {
                () = lifecycle.wait_for(State::Draining) => return,
                () = clock::sleep(backoff.next_delay()) => {}
            }
        }
    }

    async fn begin(&self, lent: &Extensions) -> Result<Consumer> {
        let Subscriber { broker, subscription, handling, handler } = self;
        Consumer::begin(broker, subscription.clone(), handling.clone(), handler.clone(), lent.clone()).await
    }
}

/// Returns `true` if the error is temporary.
fn is_away(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted)
}
