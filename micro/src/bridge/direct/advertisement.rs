//! Registry representation of a subscription.

use super::limits::MAX_IN_FLIGHT;
use crate::broker::{Pattern, Subscription};
use crate::registry::Node;

/// Metadata that repeats the id of a node, so that a call can be restricted to that node.
pub(super) const NODE: &str = "node";
/// Prefix of the metadata keys of subscriptions; followed by the id of the subscription.
const PREFIX: &str = "subscription.";

/// A registered subscription.
///
/// Stored in the metadata of a node as `subscription.00c0ffee00c0ffee` = `64 orders.* audit`: the maximum number of events in
/// flight, the topics, and optionally the queue, which may be any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Advertisement {
    /// Unique id of the subscription.
    pub(super) subscription: u64,
    pub(super) topics: Pattern,
    pub(super) queue: Option<String>,
    pub(super) in_flight: usize,
}

impl Advertisement {
    pub(super) fn new(subscription: u64, asked: &Subscription) -> Self {
        let (topics, queue) = (asked.topics.clone(), asked.queue.clone());
        Advertisement { subscription, topics, queue, in_flight: asked.in_flight.clamp(1, MAX_IN_FLIGHT) }
    }

    /// Parses the subscriptions of a node and skips invalid ones.
    pub(super) fn of(node: &Node) -> impl Iterator<Item = Advertisement> {
        node.metadata.iter().filter_map(|(name, value)| Self::parse(name, value))
    }

    /// Adds the subscription to a node.
    pub(super) fn on(&self, node: Node) -> Node {
        node.with_metadata(name(self.subscription), self.value())
    }

    /// Returns `true` if a node lists the subscription.
    pub(super) fn is_on(node: &Node, subscription: u64) -> bool {
        node.metadata.contains_key(&name(subscription))
    }

    fn value(&self) -> String {
        match &self.queue {
            Some(queue) => format!("{} {} {queue}", self.in_flight, self.topics),
            None => format!("{} {}", self.in_flight, self.topics),
        }
    }

    fn parse(name: &str, value: &str) -> Option<Self> {
        let subscription = u64::from_str_radix(name.strip_prefix(PREFIX)?, 16).ok()?;
        let mut parts = value.splitn(3, ' ');
        let in_flight = parts.next()?.parse::<usize>().ok()?.clamp(1, MAX_IN_FLIGHT);
        let topics = Pattern::parse(parts.next()?).ok()?;
        Some(Advertisement { subscription, topics, queue: parts.next().map(str::to_owned), in_flight })
    }
}

fn name(subscription: u64) -> String {
    format!("{PREFIX}{subscription:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_read_back_whatever_its_queue_is_called() {
        for queue in [None, Some(""), Some("audit"), Some("two words"), Some("größe 消息 \n")] {
            let mut asked = Subscription::new("orders.*".parse().unwrap()).with_in_flight(7);
            asked.queue = queue.map(str::to_owned);
            let advertisement = Advertisement::new(0xc0ffee, &asked);
            let node = advertisement.on(Node::new("micro.events", "").with_metadata("wire", "micro/1"));
            assert_eq!(Advertisement::of(&node).collect::<Vec<_>>(), [advertisement]);
            assert!(Advertisement::is_on(&node, 0xc0ffee) && !Advertisement::is_on(&node, 1));
        }
    }

    #[test]
    fn metadata_that_is_not_a_subscription_is_skipped() {
        let node = Node::new("micro.events", "")
            .with_metadata("subscription.x", "64 a")
            .with_metadata("subscription.1", "64")
            .with_metadata("subscription.2", "many a")
            .with_metadata("subscription.3", "64 a..b")
            .with_metadata("subscription.4", "")
            .with_metadata("subscription.5", "99999999 a");
        let read: Vec<_> = Advertisement::of(&node).map(|read| (read.subscription, read.in_flight)).collect();
        assert_eq!(read, [(5, 10_000)]);
    }
}
