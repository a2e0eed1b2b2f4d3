//! What a group reports of itself.

use crate::bridge::direct::pending::{EventCompletionGuard, PendingEvents};

/// Why there is no room for an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom {
    /// The member whose events take all the room; otherwise it is the group as a whole.
    pub(super) subscription: Option<u64>,
    pub(super) events: usize,
}

/// What went with members that have left.
#[derive(Debug, Default)]
pub(super) struct Pruned {
    /// The subscriptions that are members no more.
    pub(super) subscriptions: Vec<u64>,
    /// What no publisher waits for any more.
    pub(super) completed: Vec<EventCompletionGuard>,
    /// The events that are forgotten.
    pub(super) discarded: Vec<PendingEvents>,
    /// Whether the group waits for members to come, for a while.
    pub(super) is_deserted: bool,
    /// Whether the group is of no use any more.
    pub(super) is_over: bool,
}

/// What the time has changed.
#[derive(Debug, Default)]
pub(super) struct Ticked {
    /// Whether a member is to be tried again.
    pub(super) is_resumed: bool,
    /// Whether no member has come in time: the events are forgotten.
    pub(super) is_expired: bool,
    pub(super) discarded: Vec<PendingEvents>,
}
