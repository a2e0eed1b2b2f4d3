//! Subscriptions of this process, and connected publishers.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::ack_queue::AckQueue;
use super::advertisement::{Advertisement, NODE};
use super::contract::{PATH, SERVICE};
use super::limits::MAX_PUBLISHERS;
use super::local_subscription::{LocalSubscription, MemoryBudget};
use crate::broker::Subscription;
use crate::errors::{Error, Result};
use crate::registry::{LeaseOptions, Node};

/// The subscriptions of this process.
#[derive(Debug, Default)]
pub(super) struct LocalSubscriptions {
    node: Option<(Node, LeaseOptions)>,
    /// `true` once no more events are accepted.
    left: bool,
    subscriptions: HashMap<u64, Arc<LocalSubscription>>,
    publishers: Vec<Weak<AckQueue>>,
    budget: Arc<MemoryBudget>,
}

impl LocalSubscriptions {
    /// Sets the node under which this process is reachable. Returns `true` if there was none.
    pub(super) fn listen(&mut self, node: Node, ttl: LeaseOptions) -> bool {
        let node = Node { service: SERVICE.to_owned(), endpoints: vec![PATH.to_owned()], ..node };
        // Calls restricted to this node match its id in its metadata.
        let node = node.clone().with_metadata(NODE, node.id).with_metadata("micro", env!("CARGO_PKG_VERSION"));
        self.node.replace((node, ttl)).is_none()
    }

    /// Adds a subscription.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) if this process is not reachable, or is leaving.
    pub(super) fn open(&mut self, id: u64, asked: &Subscription) -> Result<Arc<LocalSubscription>> {
        if self.left {
            return Err(Error::failed_precondition("this process is leaving and accepts no more events"));
        }
        if self.node.is_none() {
            return Err(Error::failed_precondition(
                "this process cannot be reached yet: subscribe once its port is open and `Direct::listen` was called, \
                 which an app does when it serves, or use a broker that is a server, such as `nats://`",
            ));
        }
        let subscription = LocalSubscription::new(Advertisement::new(id, asked), self.budget.clone());
        self.subscriptions.insert(id, subscription.clone());
        Ok(subscription)
    }

    /// Removes a subscription.
    pub(super) fn close(&mut self, id: u64) {
        self.subscriptions.remove(&id);
    }

    /// Stops accepting events. Returns all subscriptions and all publishers.
    pub(super) fn leave(&mut self) -> (Vec<Arc<LocalSubscription>>, Vec<Arc<AckQueue>>) {
        self.left = true;
        let publishers = std::mem::take(&mut self.publishers);
        (self.subscriptions.values().cloned().collect(), publishers.iter().filter_map(Weak::upgrade).collect())
    }

    pub(super) fn get(&self, id: u64) -> Option<Arc<LocalSubscription>> {
        self.subscriptions.get(&id).cloned()
    }

    /// Connects another publisher.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) if this process is leaving, or has too many publishers.
    pub(super) fn connect(&mut self) -> Result<Arc<AckQueue>> {
        if self.left {
            return Err(Error::unavailable("this process is leaving and accepts no more events"));
        }
        self.publishers.retain(|publisher| publisher.strong_count() > 0);
        if self.publishers.len() >= MAX_PUBLISHERS {
            return Err(Error::unavailable(format!("{MAX_PUBLISHERS} publishers are connected already")));
        }
        let acks = AckQueue::new();
        self.publishers.push(Arc::downgrade(&acks));
        Ok(acks)
    }

    /// Returns the node to register; `None` if there are no subscriptions.
    pub(super) fn advertised(&self) -> Option<(Node, LeaseOptions)> {
        let (node, ttl) = self.node.clone().filter(|_| !self.left && !self.subscriptions.is_empty())?;
        let subscriptions = self.subscriptions.values();
        Some((subscriptions.fold(node, |node, subscription| subscription.advertisement().on(node)), ttl))
    }

    /// Returns the id of this process's node.
    pub(super) fn node(&self) -> Option<&str> {
        self.node.as_ref().map(|(node, _)| node.id.as_str())
    }

    /// Returns the number of events that are not settled.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.subscriptions.values().map(|subscription| subscription.len()).sum()
    }

    /// Returns the number of connected publishers.
    #[cfg(test)]
    pub(super) fn publishers(&self) -> usize {
        self.publishers.iter().filter(|publisher| publisher.strong_count() > 0).count()
    }
}
