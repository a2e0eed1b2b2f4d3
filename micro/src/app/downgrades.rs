//! Subscribers that ask for more than their broker does.

use super::Settings;
use super::settings::Downgrade;
use crate::broker::{Broker, ConsumerOptions, Handler, Start, Subscription};
use crate::config::{Configuration, Layer};
use crate::errors::{Error, Result};

/// Takes from subscriptions what their brokers cannot do, and decides whether the program may start without it.
///
/// A program that was written for a server with durable queues runs on a laptop without one, with a warning. Where events matter
/// the same downgrade would lose them, because of nothing but a forgotten `MICRO_BROKER`, so there it keeps the program from
/// starting: on a broker that was chosen, and on the default one of a program that is reachable from other machines.
pub(super) struct Downgrades {
    setting: Option<Downgrade>,
    /// The default broker was not chosen, and the program serves this machine alone.
    on_a_laptop: bool,
    found: Vec<DowngradeFound>,
}

/// One thing that one subscriber goes without.
struct DowngradeFound {
    subscriber: String,
    broker: String,
    missing: Missing,
    is_default: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Durable,
    Replay,
    Order,
}

impl Missing {
    fn name(self) -> &'static str {
        match self {
            Missing::Durable => "`durable`",
            Missing::Replay => "earlier events (`from`)",
            Missing::Order => "the order of each key over all processes of its queue (`ordered_by`)",
        }
    }

    fn consequence(self) -> &'static str {
        match self {
            Missing::Durable => "events that are published while no process of the queue runs are lost to it",
            Missing::Replay => "it begins with the events that are published from now on",
            Missing::Order => "events of one key are in order within each process only",
        }
    }
}

impl Downgrades {
    /// `given` says whether the program itself has made the default broker.
    pub(super) fn new(settings: &Settings, configuration: &Configuration, given: bool) -> Self {
        let set = |key| configuration.origin(key).is_some_and(|origin| origin.layer() > Layer::Declared);
        let chosen = given || set("micro.broker") || set("micro.broker_address");
        let on_a_laptop = !chosen && settings.address.is_loopback();
        Downgrades { setting: settings.downgrade, on_a_laptop, found: Vec::new() }
    }

    /// Returns the subscription as `broker` can do it, and notes what that takes from it. `is_default` says whether it is the
    /// default broker.
    pub(super) fn apply(
        &mut self,
        mut subscription: Subscription,
        handling: &ConsumerOptions,
        handler: &dyn Handler,
        broker: &Broker,
        is_default: bool,
    ) -> Subscription {
        let can = broker.capabilities();
        let mut without = |missing| {
            let (subscriber, broker) = (handling.name.to_owned(), broker.name());
            self.found.push(DowngradeFound { subscriber, broker, missing, is_default });
        };
        if subscription.durable && !can.durable {
            subscription.durable = false;
            without(Missing::Durable);
        }
        if subscription.start != Start::New && !can.replays {
            subscription.start = Start::New;
            without(Missing::Replay);
        }
        // One process is all there is without a queue, and keys that the handler makes are known to no broker.
        let in_order = subscription.ordered || (handling.in_order && handler.has_publishers_key());
        subscription.ordered = in_order && subscription.queue.is_some();
        if subscription.ordered && !can.ordered_across_processes {
            subscription.ordered = false;
            without(Missing::Order);
        }
        subscription
    }

    /// Warns of every downgrade that is allowed.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) with all that are not.
    pub(super) fn finish(self) -> Result<()> {
        let allowed = |found: &DowngradeFound| match self.setting {
            Some(Downgrade::Allow) => true,
            Some(Downgrade::Refuse) => false,
            None => self.on_a_laptop && found.is_default,
        };
        if self.found.iter().all(allowed) {
            for (missing, broker, subscribers) in grouped(self.found.iter()) {
                let (name, consequence) = (missing.name(), missing.consequence());
                let go = if subscribers.len() == 1 { "goes" } else { "go" };
                let subscribers = listed(&subscribers);
                tracing::warn!("{subscribers} {go} without {name} on broker `{broker}`: {consequence}");
            }
            return Ok(());
        }
        let refused = grouped(self.found.iter().filter(|found| !allowed(found)));
        let lines = refused.into_iter().map(|(missing, broker, subscribers)| {
            let (name, consequence) = (missing.name(), missing.consequence());
            let ask = if subscribers.len() == 1 { "asks" } else { "ask" };
            let subscribers = listed(&subscribers);
            format!("{subscribers} {ask} for {name}, which broker `{broker}` does not have: {consequence}")
        });
        Err(Error::failed_precondition(format!(
            "{}\nchoose another broker (`MICRO_BROKER`, or `micro.brokers.NAME` for one with a name; the guide `brokers` compares \
             them), or start without: `micro.downgrade = \"allow\"`, `MICRO_DOWNGRADE=allow`",
            lines.collect::<Vec<_>>().join("\n")
        )))
    }
}

/// The subscribers that miss the same thing on the same broker, together.
fn grouped<'a>(found: impl Iterator<Item = &'a DowngradeFound>) -> Vec<(Missing, &'a str, Vec<&'a str>)> {
    let mut groups: Vec<(Missing, &str, Vec<&str>)> = Vec::new();
    for DowngradeFound { subscriber, broker, missing, .. } in found {
        match groups.iter_mut().find(|(other, at, _)| (*other, *at) == (*missing, broker)) {
            Some((_, _, subscribers)) => subscribers.push(subscriber),
            None => groups.push((*missing, broker, vec![subscriber])),
        }
    }
    groups
}

fn listed(subscribers: &[&str]) -> String {
    let noun = if subscribers.len() == 1 { "subscriber" } else { "subscribers" };
    format!("{noun} `{}`", subscribers.join("`, `"))
}
