//! Processes with subscriptions, as listed in the registry.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::bridge::direct::advertisement::Advertisement;
use crate::registry::Node;

/// The listed processes, and the session with each.
#[derive(Debug, Default)]
pub(super) struct Membership {
    revision: u64,
    /// Node id of this process, whose entry in the registry is ignored.
    own: Option<String>,
    processes: HashMap<String, Process>,
    /// Ended subscriptions that the registry may still list for a while.
    departed: HashSet<u64>,
    sessions: u64,
}

#[derive(Debug)]
struct Process {
    node: Arc<Node>,
    session: u64,
    subscriptions: Vec<u64>,
}

/// Changes between two lists of nodes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MembershipChange {
    /// A new session with another process.
    Opened { session: u64, node: Arc<Node> },
    /// The node of a session has changed.
    Updated { session: u64, node: Arc<Node> },
    /// A subscription is listed in the process of a session.
    Joined { session: u64, advertisement: Advertisement },
    /// A subscription is no longer listed.
    Left { subscription: u64 },
    /// The process of a session is no longer listed.
    Closed { session: u64 },
}

impl Membership {
    /// Sets the node whose subscriptions are those of this process.
    pub(super) fn set_own(&mut self, node: &str) {
        self.own = Some(node.to_owned());
    }

    /// Records that a subscription has ended and must not be joined again as long as the registry lists it. Subscriptions that
    /// are not listed, such as those of this process, are not recorded.
    pub(super) fn depart(&mut self, subscription: u64) {
        if !self.departed.contains(&subscription)
            && self.processes.values().any(|process| process.subscriptions.contains(&subscription))
        {
            self.departed.insert(subscription);
        }
    }

    /// Applies the nodes listed in the registry, and returns the changes in order. Older revisions are ignored, and unchanged
    /// nodes are skipped cheaply.
    pub(super) fn sync(&mut self, revision: u64, nodes: &[Arc<Node>]) -> Vec<MembershipChange> {
        let mut changes = Vec::new();
        if revision <= self.revision {
            return changes;
        }
        self.revision = revision;
        let listed: HashSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        let gone: Vec<String> = self.processes.keys().filter(|id| !listed.contains(id.as_str())).cloned().collect();
        for process in gone.iter().filter_map(|id| self.processes.remove(id)).collect::<Vec<_>>() {
            self.unlist(&process, &[], &mut changes);
            changes.push(MembershipChange::Closed { session: process.session });
        }
        for node in nodes {
            let is_known = self.processes.get(&node.id).is_some_and(|process| Arc::ptr_eq(&process.node, node));
            if !is_known && self.own.as_ref() != Some(&node.id) {
                self.list(node, &mut changes);
            }
        }
        changes
    }

    /// Adds or updates a node. A changed address leads to a new session.
    fn list(&mut self, node: &Arc<Node>, changes: &mut Vec<MembershipChange>) {
        let before = self.processes.remove(&node.id);
        let same = before.as_ref().filter(|process| process.node.address == node.address);
        let session = match same.map(|process| process.session) {
            Some(session) => {
                changes.push(MembershipChange::Updated { session, node: node.clone() });
                session
            }
            None => {
                self.sessions += 1;
                changes.push(MembershipChange::Opened { session: self.sessions, node: node.clone() });
                self.sessions
            }
        };
        let advertised: Vec<Advertisement> = Advertisement::of(node).collect();
        let subscriptions: Vec<u64> = advertised.iter().map(|advertisement| advertisement.subscription).collect();
        if let Some(before) = before {
            self.unlist(&before, &subscriptions, changes);
            if before.session != session {
                changes.push(MembershipChange::Closed { session: before.session });
            }
        }
        let joined = advertised.into_iter().filter(|joined| !self.departed.contains(&joined.subscription));
        changes.extend(joined.map(|advertisement| MembershipChange::Joined { session, advertisement }));
        self.processes.insert(node.id.clone(), Process { node: node.clone(), session, subscriptions });
    }

    /// Removes the subscriptions of a process, except those in `stay`.
    fn unlist(&mut self, process: &Process, stay: &[u64], changes: &mut Vec<MembershipChange>) {
        for subscription in process.subscriptions.iter().filter(|subscription| !stay.contains(subscription)) {
            self.departed.remove(subscription);
            changes.push(MembershipChange::Left { subscription: *subscription });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Subscription;

    impl Membership {
        /// Returns the number of recorded subscriptions that have ended.
        pub(in super::super) fn departed(&self) -> usize {
            self.departed.len()
        }
    }

    fn advertisement(subscription: u64) -> Advertisement {
        Advertisement::new(subscription, &Subscription::new("orders.>".parse().unwrap()).with_queue("audit"))
    }

    fn node(id: &str, address: &str, subscriptions: &[u64]) -> Arc<Node> {
        let node = Node::new("micro.events", address).with_id(id);
        Arc::new(subscriptions.iter().fold(node, |node, id| advertisement(*id).on(node)))
    }

    #[test]
    fn nodes_that_come_change_and_go_are_changes_in_order() {
        let mut membership = Membership::default();
        let first = node("a", "10.0.0.1:1", &[1, 2]);
        let joined = |session, id| MembershipChange::Joined { session, advertisement: advertisement(id) };
        assert_eq!(
            membership.sync(1, std::slice::from_ref(&first)),
            [MembershipChange::Opened { session: 1, node: first.clone() }, joined(1, 1), joined(1, 2)]
        );
        assert_eq!(membership.sync(2, std::slice::from_ref(&first)), []);
        assert_eq!(membership.sync(1, &[]), [], "an older revision");

        let other = node("a", "10.0.0.1:1", &[2, 3]);
        let changes = membership.sync(3, std::slice::from_ref(&other));
        let updated = MembershipChange::Updated { session: 1, node: other };
        assert_eq!(changes, [updated, MembershipChange::Left { subscription: 1 }, joined(1, 2), joined(1, 3)]);

        let moved = node("a", "10.0.0.2:1", &[3]);
        let changes = membership.sync(4, std::slice::from_ref(&moved));
        let opened = MembershipChange::Opened { session: 2, node: moved };
        assert_eq!(
            changes,
            [opened, MembershipChange::Left { subscription: 2 }, MembershipChange::Closed { session: 1 }, joined(2, 3)]
        );
        let left = [MembershipChange::Left { subscription: 3 }, MembershipChange::Closed { session: 2 }];
        assert_eq!(membership.sync(5, &[]), left);
    }

    #[test]
    fn the_own_node_is_left_out() {
        let mut membership = Membership::default();
        membership.set_own("a");
        assert_eq!(membership.sync(1, &[node("a", "10.0.0.1:1", &[1])]), []);
    }

    #[test]
    fn a_subscription_that_has_ended_is_remembered_while_it_is_listed_and_no_longer() {
        let mut membership = Membership::default();
        membership.depart(7);
        assert_eq!(membership.departed(), 0, "the registry does not list it");
        membership.sync(1, &[node("a", "10.0.0.1:1", &[1, 2])]);
        membership.depart(1);
        let changes = membership.sync(2, &[node("a", "10.0.0.1:1", &[1, 2])]);
        assert!(!changes.iter().any(
            |change| matches!(change, MembershipChange::Joined { advertisement, .. } if advertisement.subscription == 1)
        ));
        assert_eq!(membership.departed(), 1);
        membership.sync(3, &[]);
        membership.depart(2);
        assert_eq!(membership.departed(), 0);
    }
}
