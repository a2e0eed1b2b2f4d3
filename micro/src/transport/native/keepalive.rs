//! Keepalive: detects a silent peer.

use std::time::Duration;

use super::protocol_error::{ProtocolError, Reason};
use crate::util::clock::{self, Instant};

/// Time a frame may take from its first byte to its last, and the number of bytes that extend it by a second.
const FRAME_TIMEOUT: Duration = Duration::from_secs(30);
const MIN_BYTES_PER_SECOND: usize = 16 * 1024;

/// Time of the last activity, and the pings sent since.
#[derive(Debug)]
pub(super) struct Keepalive {
    limit: Duration,
    heard: Instant,
    asked: bool,
    /// Time of the first byte of the incomplete frame.
    begun: Option<Instant>,
    /// Time that frame may take.
    patience: Duration,
}

impl Keepalive {
    pub(super) fn new(limit: Duration) -> Self {
        Keepalive { limit, heard: clock::now(), asked: false, begun: None, patience: FRAME_TIMEOUT }
    }

    /// A frame of `len` bytes has begun, or goes on. Gives when it is to be complete.
    pub(super) fn begin(&mut self, len: usize) -> Instant {
        self.patience = FRAME_TIMEOUT + Duration::from_secs((len / MIN_BYTES_PER_SECOND) as u64);
        *self.begun.get_or_insert(self.heard) + self.patience
    }

    /// No frame has begun that is not complete.
    pub(super) fn complete(&mut self) {
        self.begun = None;
    }

    pub(super) fn hear(&mut self) {
        self.heard = clock::now();
        self.asked = false;
    }

    /// Returns the time of the last activity.
    pub(super) fn heard(&self) -> Instant {
        self.heard
    }

    /// Returns the time of the next check.
    pub(super) fn end(&self) -> Instant {
        let limit = if self.asked { self.limit + self.limit / 2 } else { self.limit };
        let silent = self.heard + limit;
        self.begun.map_or(silent, |begun| silent.min(begun + self.patience))
    }

    /// Returns `true` if a ping is due now.
    pub(super) fn should_ping(&mut self, now: Instant) -> Result<bool, ProtocolError> {
        if self.begun.is_some_and(|begun| now >= begun + self.patience) {
            return Err(ProtocolError::new(Reason::Silent, "a frame that is not completed"));
        }
        if now < self.end() {
            return Ok(false);
        }
        if self.asked {
            return Err(ProtocolError::new(Reason::Silent, "no sign of life"));
        }
        self.asked = true;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn silence_is_asked_about_once_and_then_ends_it() {
        let mut keepalive = Keepalive::new(LIMIT);
        clock::sleep_until(keepalive.end()).await;
        assert!(keepalive.should_ping(clock::now()).unwrap());
        assert!(!keepalive.should_ping(clock::now()).unwrap());
        clock::sleep_until(keepalive.end()).await;
        assert_eq!(keepalive.should_ping(clock::now()).unwrap_err().reason(), Reason::Silent);
        keepalive.hear();
        assert!(!keepalive.should_ping(clock::now()).unwrap());
        assert_eq!(keepalive.end(), clock::now() + LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_drips_is_given_up_and_a_long_one_gets_its_time() {
        let mut keepalive = Keepalive::new(LIMIT);
        assert_eq!(
            keepalive.begin(100 * MIN_BYTES_PER_SECOND),
            clock::now() + FRAME_TIMEOUT + Duration::from_secs(100)
        );
        let end = keepalive.begin(1);
        assert_eq!(end, clock::now() + FRAME_TIMEOUT);
        for _ in 0..3 {
            clock::sleep(Duration::from_secs(10)).await;
            keepalive.hear();
            keepalive.begin(1);
        }
        assert_eq!(keepalive.should_ping(clock::now()).unwrap_err().reason(), Reason::Silent);
        keepalive.complete();
        assert!(!keepalive.should_ping(clock::now()).unwrap());
    }
}
