//! Outcomes of events sent to a subscription.

/// Identifies an event at its subscribers, independent of the route and number of deliveries.
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
    /// No space left.
    Full,
    /// The subscription has ended.
    Closed,
}

/// Outcome of an event, as reported to its publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventOutcome {
    /// Handled, or given up by its handler.
    Acked,
    /// Waits at its subscription for delivery number `attempt`, and occupies no slot until then.
    Delayed { attempt: u32 },
    /// The subscription has ended: the event goes to another member, as delivery number `attempt`.
    Reroute { attempt: u32 },
    /// No space left.
    Full,
    /// Not a valid event.
    Refused,
}

/// Error: the publisher of an event is not connected, so its outcome cannot be reported.
#[derive(Debug)]
pub(super) struct PublisherGone;
