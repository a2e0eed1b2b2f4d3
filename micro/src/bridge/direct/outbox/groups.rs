//! Groups of a publisher, indexed by topic.

use std::collections::HashMap;
use std::sync::Arc;

use super::group::Group;
use crate::bridge::direct::advertisement::Advertisement;
use crate::broker::Topic;

/// Maximum number of topics whose groups are cached.
const MAX_ROUTES: usize = 4096;

/// All groups, by id.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: HashMap<u64, Group>,
    /// Groups that are queues, by topics and name.
    queues: HashMap<(String, String), u64>,
    /// Group of each subscription.
    subscriptions: HashMap<u64, u64>,
    /// Cache of the groups that match a topic.
    routes: HashMap<Topic, Arc<[u64]>>,
    last: u64,
}

impl Groups {
    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Group> {
        self.groups.get_mut(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut Group)> {
        self.groups.iter_mut().map(|(id, group)| (*id, group))
    }

    /// Returns the groups that match a topic.
    pub(super) fn about(&mut self, topic: &Topic) -> Arc<[u64]> {
        if let Some(groups) = self.routes.get(topic) {
            return groups.clone();
        }
        let about = self.groups.iter().filter(|(_, group)| group.topics().matches(topic));
        let groups: Arc<[u64]> = about.map(|(id, _)| *id).collect();
        if self.routes.len() >= MAX_ROUTES {
            self.routes.clear();
        }
        self.routes.insert(topic.clone(), groups.clone());
        groups
    }

    /// Returns the group a subscription is a member of.
    pub(super) fn of(&self, subscription: u64) -> Option<u64> {
        self.subscriptions.get(&subscription).copied()
    }

    /// Returns the queue of a subscription, if it exists.
    pub(super) fn queue(&self, like: &Advertisement) -> Option<u64> {
        self.queues.get(&queue(like)?).copied()
    }

    /// Returns the group a subscription is, or becomes, a member of.
    pub(super) fn join(&mut self, like: &Advertisement) -> (u64, &mut Group) {
        let known = self.of(like.subscription).or_else(|| self.queue(like));
        let id = known.unwrap_or_else(|| self.open(like));
        self.subscriptions.insert(like.subscription, id);
        (id, self.groups.entry(id).or_insert_with(|| Group::new(id, like)))
    }

    /// Records that subscriptions are no longer members of a group.
    pub(super) fn forget(&mut self, subscriptions: &[u64]) {
        for subscription in subscriptions {
            self.subscriptions.remove(subscription);
        }
    }

    /// Removes a group.
    pub(super) fn remove(&mut self, id: u64) {
        let Some(group) = self.groups.remove(&id) else { return };
        if let Some(queue) = group.queue() {
            self.queues.remove(&(group.topics().to_string(), queue.to_owned()));
        }
        self.routes.clear();
    }

    fn open(&mut self, like: &Advertisement) -> u64 {
        self.last += 1;
        if let Some(queue) = queue(like) {
            self.queues.insert(queue, self.last);
        }
        self.routes.clear();
        self.last
    }
}

fn queue(like: &Advertisement) -> Option<(String, String)> {
    Some((like.topics.to_string(), like.queue.clone()?))
}
