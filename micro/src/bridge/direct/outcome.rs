//! Outcomes of events that were handed to a subscription.

/// Identifies an event at its subscribers, whichever way and however often it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EventId {
    /// The publishing process.
    pub(super) publisher: u64,
    /// The event's number at its publisher, one for each group.
    pub(super) number: u64,
}

/// Reason an inbox does not accept an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// There is no room.
    Full,
    /// The subscription has ended.
    Closed,
}

/// Outcome of an event, as its publisher learns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventOutcome {
    /// Handled, or given up by its handler.
    Acked,
    /// Waits at its subscription for another delivery, its `attempt`th, and takes no place until then.
    Delayed { attempt: u32 },
    /// The subscription has ended: another member gets it, as its `attempt`th delivery.
    Reroute { attempt: u32 },
    /// There is no room.
    Full,
    /// Not an event.
    Refused,
}

/// The publisher of an event is not connected: nothing can be reported to it.
#[derive(Debug)]
pub(super) struct PublisherGone;
