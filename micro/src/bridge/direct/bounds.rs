//! How much there may be of everything, and how long.

use std::time::Duration;

/// How many events a publisher keeps for one queue, or one subscriber without a queue,
pub(super) const KEPT: usize = 10_000;
/// and how many bytes of them. One event always has room.
pub(super) const KEPT_BYTES: usize = 64 * 1024 * 1024;
/// How many events wait in the process of a subscriber for one subscription,
pub(super) const WAITING: usize = 10_000;
/// and how many bytes for all subscriptions of the process.
pub(super) const WAITING_BYTES: usize = 256 * 1024 * 1024;
/// How large an event may be: the message it travels in is no larger than what servers take by default.
pub(super) const LARGEST: usize = 4 * 1024 * 1024 - 16 * 1024;
/// How many publishers one process hears.
pub(super) const PUBLISHERS: usize = 10_000;

/// How long a publisher waits for room, and for its event to be taken.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// How long the registry may take for its first answer.
pub(super) const LOOKUP: Duration = Duration::from_secs(5);
/// How long a new subscription waits to be seen in the registry once it is listed there.
pub(super) const SEEN: Duration = Duration::from_secs(1);
/// How long a queue that everybody has left keeps its events, for somebody who comes back.
pub(super) const LINGER: Duration = Duration::from_secs(60);
/// How long a subscription that had no room is left alone.
pub(super) const PAUSE: Duration = Duration::from_millis(100);
/// How long the events of a key wait for the way to their member, until others get them: less than a publisher waits.
pub(super) const GRACE: Duration = Duration::from_millis(500);
/// How often a link on which nothing moves says that it is still there,
pub(super) const BEAT: Duration = Duration::from_secs(20);
/// and how many times in a row it does so for nothing until it is closed.
pub(super) const IDLE_BEATS: u32 = 9;

/// What the events of a batch may have together, in bytes and in number: so much shares a frame of the wire.
pub(super) const BATCH_BYTES: usize = 12 * 1024;
pub(super) const BATCH: usize = 256;

/// How many events one publisher hands to a subscription that asked for `in_flight` at a time: those, and some that wait
/// beside them, so that nobody waits for the wire between two.
pub(super) fn window(in_flight: usize) -> usize {
    in_flight.saturating_add(in_flight.clamp(16, 256))
}

/// The pause before another attempt: from 50 milliseconds to ten seconds.
pub(super) fn backoff(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(8);
    Duration::from_millis(50).saturating_mul(1 << doublings).min(Duration::from_secs(10))
}
