//! Events held by members.

use crate::bridge::direct::pending::PendingEvents;

/// A pending event assigned to a member of its group.
#[derive(Debug)]
pub(super) struct SentEvents {
    pub(super) pending: PendingEvents,
    pub(super) group: u64,
    pub(super) subscription: u64,
    /// Epoch of the member when the event was assigned.
    pub(super) epoch: u32,
    pub(super) stage: SendStage,
}

/// Stage of an event in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendStage {
    /// Waiting to be written.
    Queued,
    /// Written.
    Sent,
    /// In the process of its subscriber.
    Accepted,
    /// Waiting there for another delivery, without occupying a slot.
    Delayed,
}

impl SentEvents {
    /// Returns `true` if the event occupies a slot of its member, and blocks its key elsewhere.
    pub(super) fn is_placed(&self) -> bool {
        self.stage != SendStage::Delayed
    }
}
