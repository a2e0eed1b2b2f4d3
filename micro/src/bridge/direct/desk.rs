//! The subscriptions of this process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{Notify, watch};

use super::bounds::PUBLISHERS;
use super::contract::{PATH, SERVICE};
use super::inbox::{Inbox, Weight};
use super::listed::{Listed, NODE};
use super::outbox::Outbox;
use super::receipts::Receipts;
use crate::broker::Subscription;
use crate::errors::{Error, Result};
use crate::registry::{Node, Ttl};
use crate::util::random;

/// The subscriptions of this process, and the publishers that are heard.
pub(super) struct Desk {
    inside: Mutex<Inside>,
    weight: Arc<Weight>,
    outbox: Arc<Outbox>,
    /// Told when others are to be listed.
    changed: Notify,
    listed: watch::Sender<Told>,
}

#[derive(Default)]
struct Inside {
    node: Option<(Node, Ttl)>,
    /// Whether no more is taken in.
    left: bool,
    inboxes: HashMap<u64, Arc<Inbox>>,
    publishers: Vec<Weak<Receipts>>,
    /// Grows with every change of what is to be listed.
    edition: u64,
}

/// What of it the registry lists.
#[derive(Clone, Debug, Default)]
struct Told {
    edition: u64,
    /// The last edition that it did not take, and why.
    failed: Option<(u64, Error)>,
}

impl Desk {
    pub(super) fn new(outbox: Arc<Outbox>) -> Arc<Self> {
        let (listed, _) = watch::channel(Told::default());
        Arc::new(Desk { inside: Mutex::default(), weight: Arc::default(), outbox, changed: Notify::new(), listed })
    }

    /// This process is reached as `node`. Says whether it was not before.
    pub(super) fn listen(&self, node: Node, ttl: Ttl) -> bool {
        self.outbox.is_at(&node.id);
        let node = Node { service: SERVICE.to_owned(), endpoints: vec![PATH.to_owned()], ..node };
        // Calls that mean this node say so when it is one of micro's.
        let node = node.clone().with_metadata(NODE, node.id).with_metadata("micro", env!("CARGO_PKG_VERSION"));
        let mut inside = self.inside();
        inside.edition += 1;
        let new = inside.node.replace((node, ttl)).is_none();
        drop(inside);
        self.changed.notify_one();
        new
    }

    /// Adds a subscription, and gives the edition to be listed.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) when this process cannot be reached, or is leaving.
    pub(super) fn open(&self, asked: &Subscription) -> Result<(Arc<Inbox>, u64)> {
        let mut inside = self.inside();
        if inside.left {
            return Err(Error::failed_precondition("this process is leaving: it takes in no more events"));
        }
        if inside.node.is_none() {
            return Err(Error::failed_precondition(
                "this process cannot be reached yet: subscribe once its port is open and `Direct::listen` was called, \
                 which an app does when it serves, or use a broker that is a server, such as `nats://`",
            ));
        }
        let listed = Listed::new(random::u64(), asked);
        let inbox = Inbox::new(listed, self.weight.clone(), Arc::downgrade(&self.outbox));
        inside.inboxes.insert(inbox.listed().subscription, inbox.clone());
        inside.edition += 1;
        let edition = inside.edition;
        drop(inside);
        self.outbox.join(&inbox);
        self.changed.notify_one();
        Ok((inbox, edition))
    }

    /// Ends a subscription. What its subscriber has is still settled.
    pub(super) fn close(&self, inbox: &Inbox) {
        let subscription = inbox.listed().subscription;
        let mut inside = self.inside();
        inside.inboxes.remove(&subscription);
        inside.edition += 1;
        drop(inside);
        self.outbox.leave(subscription);
        inbox.close();
        inbox.clear();
        self.changed.notify_one();
    }

    /// Takes in no more. What queues have here goes to others, as far as it was not begun. Gives the edition to be listed.
    pub(super) fn leave(&self) -> u64 {
        let mut inside = self.inside();
        inside.left = true;
        inside.edition += 1;
        let edition = inside.edition;
        let inboxes: Vec<_> = inside.inboxes.values().cloned().collect();
        let publishers = std::mem::take(&mut inside.publishers);
        drop(inside);
        for inbox in inboxes {
            self.outbox.leave(inbox.listed().subscription);
            inbox.close();
            if inbox.listed().queue.is_some() {
                inbox.clear();
            }
        }
        publishers.iter().filter_map(Weak::upgrade).for_each(|receipts| receipts.leave());
        self.changed.notify_one();
        edition
    }

    /// The subscription of that number.
    pub(super) fn inbox(&self, subscription: u64) -> Option<Arc<Inbox>> {
        self.inside().inboxes.get(&subscription).cloned()
    }

    /// Hears one more publisher.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) when this process is leaving, or hears too many.
    pub(super) fn hear(&self) -> Result<Arc<Receipts>> {
        let mut inside = self.inside();
        if inside.left {
            return Err(Error::unavailable("this process is leaving: it takes in no more events"));
        }
        inside.publishers.retain(|receipts| receipts.strong_count() > 0);
        if inside.publishers.len() >= PUBLISHERS {
            return Err(Error::unavailable(format!("{PUBLISHERS} publishers are heard already")));
        }
        let receipts = Receipts::new();
        inside.publishers.push(Arc::downgrade(&receipts));
        Ok(receipts)
    }

    /// What is to be listed: nothing where there are no subscriptions.
    pub(super) fn wanted(&self) -> (u64, Option<(Node, Ttl)>) {
        let inside = self.inside();
        let node = inside.node.clone().filter(|_| !inside.left && !inside.inboxes.is_empty());
        let listed = |node: Node| inside.inboxes.values().fold(node, |node, inbox| inbox.listed().on(node));
        (inside.edition, node.map(|(node, ttl)| (listed(node), ttl)))
    }

    /// Waits until something else is to be listed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Notes whether the registry has taken an edition.
    pub(super) fn told(&self, edition: u64, how: Result<()>) {
        self.listed.send_modify(|told| match how {
            Ok(()) => *told = Told { edition, failed: None },
            Err(error) => told.failed = Some((edition, error)),
        });
    }

    /// Waits until the registry has taken an edition.
    ///
    /// # Errors
    ///
    /// Why it has not.
    pub(super) async fn listed(&self, edition: u64) -> Result<()> {
        let failed = |told: &Told| told.failed.clone().filter(|(failed, _)| *failed >= edition);
        let mut listed = self.listed.subscribe();
        let told = listed.wait_for(|told| told.edition >= edition || failed(told).is_some()).await;
        let told = told.map_err(|_| Error::unavailable("nobody lists subscriptions any more"))?;
        if told.edition >= edition { Ok(()) } else { failed(&told).map_or(Ok(()), |(_, error)| Err(error)) }
    }

    /// Why subscriptions are not listed, where they are not.
    pub(super) fn trouble(&self) -> Option<Error> {
        self.listed.borrow().failed.as_ref().map(|(_, error)| error.clone())
    }

    /// The id of this process's node.
    pub(super) fn node(&self) -> Option<String> {
        self.inside().node.as_ref().map(|(node, _)| node.id.clone())
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.inside().inboxes.values().map(|inbox| inbox.len()).sum()
    }

    #[cfg(test)]
    pub(super) fn publishers(&self) -> usize {
        self.inside().publishers.iter().filter(|receipts| receipts.strong_count() > 0).count()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = self.inside();
        f.debug_struct("Desk").field("node", &inside.node).field("subscriptions", &inside.inboxes.len()).finish()
    }
}
