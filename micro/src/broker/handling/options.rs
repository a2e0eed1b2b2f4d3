use std::time::Duration;

use crate::broker::Topic;
use crate::util::backoff;

/// Options for handling events.
///
/// ```
/// use std::time::Duration;
/// use micro::broker::ConsumerOptions;
///
/// let handling = ConsumerOptions::default().with_tries(3, Duration::from_millis(200)).with_concurrency(8);
/// assert_eq!(handling.tries, 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsumerOptions {
    /// Name of the consumer in logs and spans: `subscriber`.
    pub name: &'static str,
    /// Number of events handled at a time. Default: 16.
    pub concurrency: usize,
    /// Number of attempts in all. Default: 5.
    pub tries: u32,
    /// Delay before the second attempt, doubled for each further one up to a minute. Default: 1 s.
    pub backoff: Duration,
    /// Topic for events that failed in every attempt. Default: [`dead_letters`](Topic::dead_letters) of the event's topic.
    pub dead_letters: Option<Topic>,
    /// `true` if events of one key are handled one after the other, in the order they were published.
    pub in_order: bool,
    /// Acknowledgement mode.
    pub settling: AckMode,
}

/// Acknowledgement mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AckMode {
    /// By the handler's result: `Ok` acknowledges the event, `Err` requests another attempt.
    #[default]
    ByResult,
    /// The handler, by the [`Ack`](super::Ack) it is given. An error is none the less a failed try.
    ByHand,
}

/// No wait between two tries is longer.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

impl Default for ConsumerOptions {
    fn default() -> Self {
        ConsumerOptions {
            name: "subscriber",
            concurrency: 16,
            tries: 5,
            backoff: Duration::from_secs(1),
            dead_letters: None,
            in_order: false,
            settling: AckMode::ByResult,
        }
    }
}

impl ConsumerOptions {
    /// Under another name in logs and spans.
    #[must_use]
    pub fn with_name(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// With so many events at a time; at least one.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// With so many tries in all, at least one, and this long to wait before the second.
    #[must_use]
    pub fn with_tries(mut self, tries: u32, backoff: Duration) -> Self {
        (self.tries, self.backoff) = (tries.max(1), backoff);
        self
    }

    /// With another topic for what failed every time.
    #[must_use]
    pub fn with_dead_letters(mut self, topic: Topic) -> Self {
        self.dead_letters = Some(topic);
        self
    }

    /// Handles the events of one key one after the other.
    ///
    /// An event that fails holds up its key until it succeeds or is a dead letter; other keys go on. Behind a key that is held
    /// up by a failing event, or by one that takes more than a second, 64 events wait, and 256 behind all such keys. More are
    /// returned to the broker, which delivers them again after five seconds or more, and are taken in the order they first
    /// came in. With 10,000 events returned, or on a broker that does not [redeliver](crate::broker::Capabilities::redelivers), the
    /// subscriber takes no more events until there is room.
    ///
    /// The order holds among the events that come to one process, and over all processes of a queue where the broker has the
    /// capability [`ordered_across_processes`](crate::broker::Capabilities::ordered_across_processes). A key that a handler
    /// [finds in the event](super::Handler::key) is not known to brokers.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// With an [`Ack`](super::Ack) for the handler to settle each event by.
    #[must_use]
    pub fn with_manual_ack(mut self) -> Self {
        self.settling = AckMode::ByHand;
        self
    }

    /// Returns the delay before the attempt that follows number `attempt`.
    pub(super) fn wait(&self, attempt: u32) -> Duration {
        backoff::exponential(self.backoff, MAX_BACKOFF, attempt.saturating_sub(1))
    }
}
