//! Subscriptions.

use std::time::SystemTime;

use super::Pattern;

/// The events that a subscriber asks for, and how they are shared.
///
/// ```
/// use micro::broker::{Start, Subscription};
///
/// let audit = Subscription::new("orders.>".parse()?).with_queue("audit").starting(Start::Earliest);
/// assert_eq!(audit.queue.as_deref(), Some("audit"));
/// # Ok::<(), micro::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscription {
    /// The topics.
    pub topics: Pattern,
    /// The queue, whose subscribers share the events. Without it each subscriber gets every event.
    pub queue: Option<String>,
    /// `true` if events are kept while the queue has no subscriber. Requires a queue, under whose name they are kept.
    pub durable: bool,
    /// Start position of a new queue. An existing queue continues where it was.
    pub start: Start,
    /// `true` if events of one key go to one process of the queue at a time, so that their order holds over all processes.
    pub ordered: bool,
    /// Maximum number of unsettled deliveries.
    pub in_flight: usize,
}

/// From where on events are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// Those that are published from now on.
    #[default]
    New,
    /// All that the broker still has.
    Earliest,
    /// All that it still has from a time on.
    Since(SystemTime),
}

impl Subscription {
    /// New events of `topics`, for this subscriber alone, up to 64 under way at a time.
    pub fn new(topics: Pattern) -> Self {
        Subscription { topics, queue: None, durable: false, start: Start::New, ordered: false, in_flight: 64 }
    }

    /// Shared with all who name the same queue.
    #[must_use]
    pub fn with_queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Keeps events while the queue has no subscriber.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// From another place on.
    #[must_use]
    pub fn starting(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// Asks that events of one key go to one process of the queue at a time, so that their order holds over all of them.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }

    /// With so many under way at a time; at least one.
    #[must_use]
    pub fn with_in_flight(mut self, most: usize) -> Self {
        self.in_flight = most.max(1);
        self
    }
}
