//! When a peer has been silent for too long.

use std::time::Duration;

use super::violation::{Reason, Violation};
use crate::util::clock::{self, Instant};

/// How long a frame may take from its first byte to its last, and how many bytes of it give it a second more.
const COMPLETE: Duration = Duration::from_secs(30);
const SLOWEST: usize = 16 * 1024;

/// How long nothing has been heard, and what of it was asked about.
#[derive(Debug)]
pub(super) struct Silence {
    limit: Duration,
    heard: Instant,
    asked: bool,
    /// When the first byte came of the frame that is not complete.
    begun: Option<Instant>,
    /// How long that one may take.
    patience: Duration,
}

impl Silence {
    pub(super) fn new(limit: Duration) -> Self {
        Silence { limit, heard: clock::now(), asked: false, begun: None, patience: COMPLETE }
    }

    /// A frame of `len` bytes has begun, or goes on. Gives when it is to be complete.
    pub(super) fn begin(&mut self, len: usize) -> Instant {
        self.patience = COMPLETE + Duration::from_secs((len / SLOWEST) as u64);
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

    /// When something was heard last.
    pub(super) fn heard(&self) -> Instant {
        self.heard
    }

    /// When to look again.
    pub(super) fn end(&self) -> Instant {
        let limit = if self.asked { self.limit + self.limit / 2 } else { self.limit };
        let silent = self.heard + limit;
        self.begun.map_or(silent, |begun| silent.min(begun + self.patience))
    }

    /// Whether to ask for a sign of life now.
    pub(super) fn wants_sign(&mut self, now: Instant) -> Result<bool, Violation> {
        if self.begun.is_some_and(|begun| now >= begun + self.patience) {
            return Err(Violation::new(Reason::Silent, "a frame that is not completed"));
        }
        if now < self.end() {
            return Ok(false);
        }
        if self.asked {
            return Err(Violation::new(Reason::Silent, "no sign of life"));
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
        let mut silence = Silence::new(LIMIT);
        clock::sleep_until(silence.end()).await;
        assert!(silence.wants_sign(clock::now()).unwrap());
        assert!(!silence.wants_sign(clock::now()).unwrap());
        clock::sleep_until(silence.end()).await;
        assert_eq!(silence.wants_sign(clock::now()).unwrap_err().reason(), Reason::Silent);
        silence.hear();
        assert!(!silence.wants_sign(clock::now()).unwrap());
        assert_eq!(silence.end(), clock::now() + LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_drips_is_given_up_and_a_long_one_gets_its_time() {
        let mut silence = Silence::new(LIMIT);
        assert_eq!(silence.begin(100 * SLOWEST), clock::now() + COMPLETE + Duration::from_secs(100));
        let end = silence.begin(1);
        assert_eq!(end, clock::now() + COMPLETE);
        for _ in 0..3 {
            clock::sleep(Duration::from_secs(10)).await;
            silence.hear();
            silence.begin(1);
        }
        assert_eq!(silence.wants_sign(clock::now()).unwrap_err().reason(), Reason::Silent);
        silence.complete();
        assert!(!silence.wants_sign(clock::now()).unwrap());
    }
}
