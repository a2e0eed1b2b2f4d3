//! Limits on memory and time.

use std::time::Duration;

use crate::util::backoff;

/// Maximum number of events a publisher keeps for one group.
pub(super) const MAX_GROUP_EVENTS: usize = 10_000;
/// Maximum number of bytes a publisher keeps for one group. A single event always fits.
pub(super) const MAX_GROUP_BYTES: usize = 64 * 1024 * 1024;
/// Maximum number of waiting or handled events of one subscription, in its process.
pub(super) const MAX_INBOX_EVENTS: usize = 10_000;
/// Maximum number of bytes of the waiting or handled events of all subscriptions of a process.
pub(super) const MAX_INBOX_BYTES: usize = 256 * 1024 * 1024;
/// Maximum size of an event, in bytes: its message is no larger than the default limit of servers.
pub(super) const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024 - 16 * 1024;
/// Maximum number of publishers connected to one process.
pub(super) const MAX_PUBLISHERS: usize = 10_000;
/// Upper bound for `in_flight`, also for values advertised by other processes.
pub(super) const MAX_IN_FLIGHT: usize = 10_000;

/// Maximum number of bytes of the events in one batch, which share a frame on the wire.
pub(super) const MAX_BATCH_BYTES: usize = 12 * 1024;
/// Maximum number of events in one batch.
pub(super) const MAX_BATCH_EVENTS: usize = 256;

/// Time limit of `publish` for an event to find space, and to be accepted by its subscribers' processes.
pub(super) const PUBLISH_TIMEOUT: Duration = Duration::from_secs(1);
/// Timeout for the first response of the registry.
pub(super) const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout for the registry to list a subscription that it has accepted.
pub(super) const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(1);
/// Retention time of the events of a queue without members.
pub(super) const GROUP_RETENTION: Duration = Duration::from_secs(60);
/// Delay before a full subscription is retried.
pub(super) const FULL_RETRY_DELAY: Duration = Duration::from_millis(100);
/// Time the events of a key wait for the connection to their member before they move to others. Less than [`PUBLISH_TIMEOUT`], so
/// publishers do not notice.
pub(super) const RECONNECT_GRACE: Duration = Duration::from_millis(500);
/// Interval of heartbeats on an idle connection.
pub(super) const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(20);
/// Maximum number of consecutive heartbeats without traffic before a connection is closed.
pub(super) const MAX_IDLE_HEARTBEATS: u32 = 9;

/// Returns the number of events one publisher sends to a subscription that requested `in_flight` events at a time: those, and
/// some that wait in addition, so a handler never waits for the network between two events.
pub(super) fn window(in_flight: usize) -> usize {
    in_flight.saturating_add(in_flight.clamp(16, 256))
}

/// Returns the delay before another attempt to connect or to advertise: from 50 ms to 10 s. Without jitter, because the first
/// attempts have to fall within [`RECONNECT_GRACE`].
pub(super) fn retry_delay(failures: u32) -> Duration {
    backoff::exponential(Duration::from_millis(50), Duration::from_secs(10), failures.saturating_sub(1))
}
