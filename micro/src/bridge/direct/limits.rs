//! Limits on memory and time.

use std::time::Duration;

use crate::util::backoff;

/// Events that a publisher keeps for one group.
pub(super) const MAX_GROUP_EVENTS: usize = 10_000;
/// Bytes that a publisher keeps for one group. A single event always has room.
pub(super) const MAX_GROUP_BYTES: usize = 64 * 1024 * 1024;
/// Events that wait or are handled for one subscription, in its process.
pub(super) const MAX_INBOX_EVENTS: usize = 10_000;
/// Bytes of the events that wait or are handled for all subscriptions of a process.
pub(super) const MAX_INBOX_BYTES: usize = 256 * 1024 * 1024;
/// Size of an event: its message is no larger than what servers take by default.
pub(super) const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024 - 16 * 1024;
/// Publishers connected to one process.
pub(super) const MAX_PUBLISHERS: usize = 10_000;
/// An `in_flight` that other processes advertise is cut to this.
pub(super) const MAX_IN_FLIGHT: usize = 10_000;

/// Bytes of the events in one batch: what shares a frame of the wire.
pub(super) const MAX_BATCH_BYTES: usize = 12 * 1024;
/// Events in one batch.
pub(super) const MAX_BATCH_EVENTS: usize = 256;

/// Time for an event to find room, and to be taken by its subscribers' processes, before `publish` returns.
pub(super) const PUBLISH_TIMEOUT: Duration = Duration::from_secs(1);
/// Time for the first answer of the registry.
pub(super) const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for the registry to show a subscription that it has accepted.
pub(super) const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(1);
/// Time that the events of a queue without members are kept.
pub(super) const GROUP_RETENTION: Duration = Duration::from_secs(60);
/// Pause before a subscription without room is tried again.
pub(super) const FULL_RETRY_DELAY: Duration = Duration::from_millis(100);
/// Time that the events of a key wait for the connection to their member before others get them. Less than
/// [`PUBLISH_TIMEOUT`], so that publishers do not notice.
pub(super) const RECONNECT_GRACE: Duration = Duration::from_millis(500);
/// Pause between heartbeats on a quiet connection.
pub(super) const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(20);
/// Heartbeats in a row without any use after which a connection is closed.
pub(super) const MAX_IDLE_HEARTBEATS: u32 = 9;

/// Events that one publisher hands to a subscription that asked for `in_flight` at a time: those, and some that wait beside
/// them, so that a handler never waits for the wire between two events.
pub(super) fn window(in_flight: usize) -> usize {
    in_flight.saturating_add(in_flight.clamp(16, 256))
}

/// Pause before another attempt to connect, or to advertise: from 50 milliseconds to ten seconds. Without jitter, because the
/// first attempts have to fall into [`RECONNECT_GRACE`].
pub(super) fn retry_delay(failures: u32) -> Duration {
    backoff::exponential(Duration::from_millis(50), Duration::from_secs(10), failures.saturating_sub(1))
}
