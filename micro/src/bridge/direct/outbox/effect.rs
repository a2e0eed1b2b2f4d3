//! Effects that the outbox requests.

use std::sync::Arc;

use crate::bridge::direct::pending::{EventCompletionGuard, StoredEvent};
use crate::registry::Node;

/// An effect that the outbox requests. Effects are performed one at a time, in order.
#[derive(Debug)]
pub(in crate::bridge::direct) enum Effect {
    /// Delivers an event to a subscription of this process. If the subscription does not accept the event, `Outbox::reject` is
    /// called before the next effect is polled.
    Deliver(Handover),
    /// Opens a connection for a session.
    Connect { session: u64, node: Arc<Node> },
    /// Ends the connection of a session.
    Disconnect { session: u64 },
    /// Wakes the writer of a session.
    Write { session: u64 },
    /// Wakes publishers that wait for space in a group.
    Room { group: u64 },
    /// Completes an event for its publisher: the event is in the process of its subscriber, or has no subscriber any more.
    Complete(EventCompletionGuard),
    /// Requests a call of `Outbox::tick`.
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
    /// A group does not keep up: events are buffered in this process.
    Behind { group: String, waiting: usize },
    /// A group has no members, and its buffer is full: further events are lost.
    Overflow { group: String },
    /// A group rejected an event, which is lost.
    Refused { group: String, topic: String, id: String },
    /// No member has rejoined a group in time: its events are dropped.
    Expired { group: String, lost: usize },
    /// A subscriber without a queue has left: its waiting events are dropped.
    Left { group: String, lost: usize },
}
