//! The subscribers of a program, from its start to its stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::inject::{AnyArc, Resolver};
use super::plan::Subscribing;
use crate::broker::handling::Serving;
use crate::broker::{Broker, Brokers, Handler, Handling, Start, Subscription};
use crate::context::Extensions;
use crate::errors::{Code, Error, Result};
use crate::util::clock;
use crate::util::spawn::{self, Task};

/// How long the start of a program waits for its subscriptions; those whose brokers are away come later.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long to wait before subscribing is tried again: twice as long each time, up to the second of these.
const AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// A subscription, and what its events are for.
pub(super) struct Subscriber {
    pub(super) broker: Broker,
    pub(super) subscription: Subscription,
    pub(super) handling: Handling,
    pub(super) handler: Arc<dyn Handler>,
}

/// A subscription without what its broker has not, so that a program that will run on another runs on a laptop too.
fn affordable(subscription: Subscription, broker: &Broker) -> Subscription {
    let can = broker.capabilities();
    let durable = subscription.durable && can.durable;
    let start = if can.replays { subscription.start } else { Start::New };
    Subscription { durable, start, ..subscription }
}

/// Says loudly, once for each broker, what subscribers ask of it in vain.
pub(super) fn warn_of_losses(planned: &[Subscribing], brokers: &Brokers) {
    let mut losses: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for desc in planned.iter().map(|planned| planned.entry.desc()) {
        let broker = desc.named_broker().map_or(Ok(brokers.usual()), |name| brokers.get(name));
        // What is wrong with them is an error elsewhere.
        let (Ok(broker), Ok(asked)) = (broker, desc.subscription()) else { continue };
        let affordable = affordable(asked.clone(), broker);
        if affordable.durable != asked.durable {
            let loss =
                "keeps nothing while nobody of a queue is there: events that are published meanwhile are lost to";
            losses.entry((broker.name(), loss)).or_default().push(desc.name());
        }
        if affordable.start != asked.start {
            losses.entry((broker.name(), "has no events of earlier for")).or_default().push(desc.name());
        }
    }
    for ((broker, loss), names) in losses {
        tracing::warn!("broker `{broker}` {loss} `{}`", names.join("`, `"));
    }
}

/// Subscribers that run.
pub(super) struct Subscribers {
    stop: watch::Sender<bool>,
    running: Vec<Task<()>>,
}

impl Subscriber {
    /// What was planned, with the instance it is a method of.
    ///
    /// # Errors
    ///
    /// What is wrong with its topics; [`NotFound`](Code::NotFound) when it names a broker that is not there.
    pub(super) fn of(
        planned: &Subscribing,
        instance: Option<AnyArc>,
        resolver: &Resolver,
        brokers: &Brokers,
    ) -> Result<Self> {
        let desc = planned.entry.desc();
        let build = || {
            let broker = desc.named_broker().map_or(Ok(brokers.usual()), |name| brokers.get(name))?.clone();
            Ok(Subscriber {
                subscription: affordable(desc.subscription()?, &broker),
                broker,
                handling: desc.handling()?,
                handler: planned.entry.handler(instance, resolver)?,
            })
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
    /// Subscribes, and handles events from then on. `lent` is what handlers find in their context.
    ///
    /// A broker that is away is no failure: its subscribers begin once it is there.
    ///
    /// # Errors
    ///
    /// [`Unimplemented`](Code::Unimplemented) when one asks for what its broker does not do, and whatever else is not going
    /// to be otherwise later.
    pub(super) async fn begin(subscribers: Vec<Subscriber>, lent: &Extensions) -> Result<Self> {
        let stop = watch::Sender::new(false);
        let (mut running, mut begun) = (Vec::new(), Vec::new());
        for subscriber in subscribers {
            let (told, first) = oneshot::channel();
            begun.push((subscriber.describe(), first));
            running.push(spawn::spawn(subscriber.keep(lent.clone(), stop.subscribe(), told)));
        }
        let until = clock::after(PATIENCE);
        for (what, first) in begun {
            match clock::timeout_at(until, first).await {
                Ok(Ok(Err(error))) => {
                    return Err(Error::new(error.code(), format!("cannot subscribe {what}: {}", error.message())));
                }
                Ok(_) => {}
                Err(_) => tracing::warn!("the broker does not answer yet; events come once it does: {what}"),
            }
        }
        Ok(Subscribers { stop, running })
    }

    /// Takes no new events, and returns once those that have begun are handled.
    pub(super) async fn finish(self) {
        self.stop.send_replace(true);
        for running in self.running {
            // One that panicked has ended too.
            let _ = running.await;
        }
    }
}

impl Subscriber {
    /// Subscribes again and again until `stop`. `told` hears of the first time.
    async fn keep(self, lent: Extensions, stop: watch::Receiver<bool>, told: oneshot::Sender<Result<()>>) {
        let (mut told, mut wait) = (Some(told), AGAIN.0);
        let mut tell = |first| drop(told.take().map(|told| told.send(first)));
        loop {
            let begun = tokio::select! {
                biased;
                () = stopped(stop.clone()) => return,
                begun = self.begin(&lent) => begun,
            };
            match begun {
                Ok(serving) => {
                    tell(Ok(()));
                    wait = AGAIN.0;
                    serving.run(stopped(stop.clone())).await;
                    if *stop.borrow() {
                        return;
                    }
                    tracing::warn!("the broker ended a subscription, which begins again: {}", self.describe());
                }
                Err(error) if is_away(&error) => {
                    tracing::warn!("no subscription yet: {}: {error:#}", self.describe());
                    tell(Ok(()));
                }
                Err(error) => {
                    tracing::error!("no subscription: {}: {error:#}", self.describe());
                    tell(Err(error));
                }
            }
            tokio::select! {
                () = stopped(stop.clone()) => return,
                () = clock::sleep(wait) => wait = (wait * 2).min(AGAIN.1),
            }
        }
    }

    async fn begin(&self, lent: &Extensions) -> Result<Serving> {
        let Subscriber { broker, subscription, handling, handler } = self;
        Serving::begin(broker, subscription.clone(), handling.clone(), handler.clone(), lent.clone()).await
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // Whoever could say so is gone: that is the end too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Whether it is a matter of time.
fn is_away(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted)
}
