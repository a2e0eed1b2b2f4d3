//! Effects that the outbox requests.

use std::sync::Arc;

use crate::bridge::direct::pending::{EventCompletionGuard, StoredEvent};
use crate::registry::Node;

/// An effect that the outbox requests. Effects are performed one at a time, in order.
#[derive(Debug)]
pub(in crate::bridge::direct) enum Effect {
    /// Hands an event to a subscription of this process. One that does not accept it is reported by
    /// `Outbox::reject` before the next effect is asked for.
    Deliver(Handover),
    /// Opens a connection for a session.
    Connect { session: u64, node: Arc<Node> },
    /// Ends the connection of a session.
    Disconnect { session: u64 },
    /// Wakes the writer of a session.
    Write { session: u64 },
    /// Publishers that wait for room in a group are to look again.
    Room { group: u64 },
    /// An event is in the process of its subscriber, or has none any more: its publisher does not wait for it.
    Complete(EventCompletionGuard),
    /// The time is to be told, by `Outbox::tick`.
    Tick,
    /// A notice for operators.
    Notice(Notice),
}

/// An event for a subscription of this process.
#[derive(Debug)]
pub(in crate::bridge::direct) struct Handover {
    pub(in crate::bridge::direct) subscription: u64,
    pub(in crate::bridge::direct) number: u64,
    pub(in crate::bridge::direct) event: Arc<StoredEvent>,
    pub(in crate::bridge::direct) attempt: u32,
    /// Dropped once the event is accepted.
    pub(in crate::bridge::direct) completion: Option<EventCompletionGuard>,
}

/// A notice for operators about a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::bridge::direct) enum Notice {
    /// The group does not keep up: events wait in this process.
    Behind { group: String, waiting: usize },
    /// The group has no members, and its buffer is full: further events are lost.
    Overflow { group: String },
    /// The group refuses an event, which is lost.
    Refused { group: String, topic: String, id: String },
    /// No member has come back in time: its events are forgotten.
    Expired { group: String, lost: usize },
    /// A subscriber without a queue has left: what waited for it is forgotten.
    Left { group: String, lost: usize },
}
