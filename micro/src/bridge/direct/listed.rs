//! A subscription, as the registry lists it.

use crate::broker::{Pattern, Subscription};
use crate::registry::Node;

/// The pair of metadata that says again which node it is, for calls that mean this one.
pub(super) const NODE: &str = "node";
/// What the names of the pairs begin with that are subscriptions; their ids follow.
const PREFIX: &str = "subscription.";
/// What is believed of an `in_flight` that others list.
const MOST: usize = 10_000;

/// A subscription of some process.
///
/// It is the pair `subscription.00c0ffee00c0ffee` = `64 orders.* audit`: how many events may be under way, which topics, and the
/// queue, which may be any text, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// A number that no other has.
    pub(super) subscription: u64,
    pub(super) topics: Pattern,
    pub(super) queue: Option<String>,
    pub(super) in_flight: usize,
}

impl Listed {
    pub(super) fn new(subscription: u64, asked: &Subscription) -> Self {
        let (topics, queue) = (asked.topics.clone(), asked.queue.clone());
        Listed { subscription, topics, queue, in_flight: asked.in_flight.clamp(1, MOST) }
    }

    /// The subscriptions of a node. What cannot be read is not there.
    pub(super) fn of(node: &Node) -> impl Iterator<Item = Listed> {
        node.metadata.iter().filter_map(|(name, value)| Self::parse(name, value))
    }

    pub(super) fn on(&self, node: Node) -> Node {
        node.with_metadata(name(self.subscription), self.value())
    }

    /// Whether a node lists a subscription.
    pub(super) fn stands_on(node: &Node, subscription: u64) -> bool {
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
        let in_flight = parts.next()?.parse::<usize>().ok()?.clamp(1, MOST);
        let topics = Pattern::parse(parts.next()?).ok()?;
        Some(Listed { subscription, topics, queue: parts.next().map(str::to_owned), in_flight })
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
            let listed = Listed::new(0xc0ffee, &asked);
            let node = listed.on(Node::new("micro.events", "").with_metadata("wire", "micro/1"));
            assert_eq!(Listed::of(&node).collect::<Vec<_>>(), [listed]);
            assert!(Listed::stands_on(&node, 0xc0ffee) && !Listed::stands_on(&node, 1));
        }
    }

    #[test]
    fn what_is_no_subscription_is_not_there() {
        let node = Node::new("micro.events", "")
            .with_metadata("subscription.x", "64 a")
            .with_metadata("subscription.1", "64")
            .with_metadata("subscription.2", "many a")
            .with_metadata("subscription.3", "64 a..b")
            .with_metadata("subscription.4", "")
            .with_metadata("subscription.5", "99999999 a");
        let read: Vec<_> = Listed::of(&node).map(|listed| (listed.subscription, listed.in_flight)).collect();
        assert_eq!(read, [(5, 10_000)]);
    }
}
