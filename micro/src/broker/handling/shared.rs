use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};

use super::handler::Handler;
use super::options::ConsumerOptions;
use crate::broker::{Broker, Event};
use crate::context::Extensions;

/// Interval at which the lease of an event is extended: a third of the time after which brokers redeliver it.
pub(super) const LEASE_INTERVAL: Duration = Duration::from_secs(10);
/// State shared by all events of a subscription.
pub(super) struct Shared {
    pub(super) broker: Broker,
    pub(super) handling: ConsumerOptions,
    pub(super) handler: Arc<dyn Handler>,
    /// Extensions provided to handlers.
    pub(super) lent: Extensions,
    /// One for each event that is handled at a time.
    pub(super) slots: Arc<Semaphore>,
    pub(super) blocked: BlockedKeys,
}

/// Keys whose event fails or takes long, on their way from the handlers to what deals out events.
#[derive(Default)]
pub(super) struct BlockedKeys {
    keys: Mutex<Vec<String>>,
    pub(super) changed: Notify,
}

impl BlockedKeys {
    /// Adds the key of an event, if it has one, and says in any case that there may be a slot.
    pub(super) fn add(&self, key: Option<&str>) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).extend(key.map(str::to_owned));
        self.changed.notify_one();
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    /// Behind which others an event has to wait.
    pub(super) fn key(&self, event: &Event) -> Option<String> {
        if !self.handling.in_order {
            return None;
        }
        self.handler.key(event).unwrap_or_else(|error| {
            tracing::warn!(topic = event.topic.as_str(), id = event.id, "handled in no order: {error:#}");
            None
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("broker", &self.broker).field("handling", &self.handling).finish_non_exhaustive()
    }
}
