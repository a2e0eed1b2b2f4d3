//! Changes reported by a group.

use crate::bridge::direct::pending::{EventCompletionGuard, PendingEvents};

/// Reason an event is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom {
    /// The member whose events take up all the space; `None` if the group as a whole is full.
    pub(super) subscription: Option<u64>,
    pub(super) events: usize,
}

/// Result of removing members that have left.
#[derive(Debug, Default)]
pub(super) struct Pruned {
    /// Subscriptions that are no longer members.
    pub(super) subscriptions: Vec<u64>,
    /// Completions that publishers no longer wait for.
    pub(super) completed: Vec<EventCompletionGuard>,
    /// Dropped events.
    pub(super) discarded: Vec<PendingEvents>,
    /// `true` while the group waits for members to join.
    pub(super) is_deserted: bool,
    /// `true` once the group can be removed.
    pub(super) is_over: bool,
}

/// Result of a timer tick.
#[derive(Debug, Default)]
pub(super) struct Ticked {
    /// `true` if a member is to be retried.
    pub(super) is_resumed: bool,
    /// `true` if no member has joined in time: the events are dropped.
    pub(super) is_expired: bool,
    pub(super) discarded: Vec<PendingEvents>,
}
