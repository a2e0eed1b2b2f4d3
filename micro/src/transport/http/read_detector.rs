//! Detects, by the timing of its responses, whether a peer reads what it is sent.
//!
//! Small frames that wait unread are what h2 counts against a connection, and HTTP/2 says nothing of what a program has
//! read: a ping is answered by the connection, and a window of megabytes is not renewed for a few bytes. But a peer that
//! *waits* for an answer says so by its silence. So once in a while an answer is held back: a peer that goes on sending does
//! not wait for it; one that is silent meanwhile, and speaks as soon as it has the answer, has read that one and so all
//! before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use crate::util::clock::Instant;

/// So many small frames of a stream may leave as they come,
pub(super) const MAX_BURST: u32 = 64;
/// and one more after each such pause.
pub(super) const FRAME_INTERVAL: Duration = Duration::from_millis(10);
/// So many answers may leave between two proofs when there were many.
pub(super) const MAX_UNPROVEN: u32 = 512;
/// A silence of so many usual turns is one,
const SILENT_TURNS: u32 = 16;
/// and a shorter one than this is none.
const MIN_SILENCE: Duration = Duration::from_millis(1);

/// Activity of the peer on one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct PeerActivity(Arc<ActivityCounts>);

#[derive(Debug, Default)]
struct ActivityCounts {
    frames: AtomicU32,
    awaited: AtomicU32,
}

/// Reader of a stream that counts the peer's activity.
#[derive(Debug, Default)]
pub(super) struct ActivityCounter {
    activity: PeerActivity,
    waiting: bool,
}

impl ActivityCounter {
    pub(super) fn activity(&self) -> PeerActivity {
        self.activity.clone()
    }

    /// Takes note of a poll for the next frame.
    pub(super) fn note<T>(&mut self, polled: &Poll<Option<T>>) {
        let counts = &self.activity.0;
        match polled {
            Poll::Pending => self.waiting = true,
            Poll::Ready(None) => {}
            Poll::Ready(Some(_)) => {
                counts.frames.fetch_add(1, Ordering::Relaxed);
                // What was there before it was asked for answers nothing that was sent since.
                counts.awaited.fetch_add(u32::from(self.waiting), Ordering::Relaxed);
                self.waiting = false;
            }
        }
    }
}

impl PeerActivity {
    fn frames(&self) -> u32 {
        self.0.frames.load(Ordering::Relaxed)
    }

    fn awaited(&self) -> u32 {
        self.0.awaited.load(Ordering::Relaxed)
    }
}

/// Decides how many small frames may be sent without waiting.
#[derive(Debug)]
pub(super) struct ReadDetector {
    activity: PeerActivity,
    /// Activity at the time the last frame was sent, and that time.
    before: u32,
    left: Option<Instant>,
    /// Usual duration of a turn.
    usual: Duration,
    /// Number of frames sent without proof that they were read, and its limit.
    unproven: u32,
    most: u32,
    /// `true` if the last probe passed.
    trust: bool,
    probe: Option<Probe>,
}

/// An answer that was held back, for what the peer does meanwhile and then.
#[derive(Debug)]
enum Probe {
    /// The frame is still held, with the activity so far and the time of the last.
    Held { since: Instant, activity: u32, last: Instant },
    /// The frame was sent after a silence.
    Left { at: Instant, awaited: u32 },
}

impl ReadDetector {
    pub(super) fn new(activity: PeerActivity) -> Self {
        let usual = FRAME_INTERVAL / SILENT_TURNS;
        ReadDetector { activity, before: 0, left: None, usual, unproven: 0, most: MAX_BURST, trust: true, probe: None }
    }

    /// Returns `true` if a small frame may be sent now because it answers something, and records it.
    pub(super) fn pass(&mut self, now: Instant) -> bool {
        self.judge(now);
        let passes = self.answers() && self.unproven < self.most;
        if passes {
            if let Some(left) = self.left {
                self.usual = (self.usual * 7 + (now - left).min(FRAME_INTERVAL)) / 8;
            }
            self.leave(now);
        }
        passes
    }

    /// Returns `true` if a small frame has to be held back although others may be sent: the next probe is due.
    pub(super) fn is_due(&self) -> bool {
        self.trust && self.answers() && self.unproven >= self.most
    }

    /// Takes note of a small frame that leaves for another reason.
    pub(super) fn leave(&mut self, now: Instant) {
        self.before = self.activity.frames();
        self.left = Some(now);
        self.unproven = self.unproven.saturating_add(1);
    }

    /// A frame is held back from now on.
    pub(super) fn hold(&mut self, now: Instant) {
        let activity = self.activity.frames();
        self.probe = self.answers().then_some(Probe::Held { since: now, activity, last: now });
    }

    /// Until when it is held back. That may become later, while the peer goes on.
    pub(super) fn until(&mut self, now: Instant) -> Option<Instant> {
        let silence = self.silence();
        let frames = self.activity.frames();
        let Some(Probe::Held { since, activity, last }) = &mut self.probe else { return None };
        if *activity != frames {
            (*activity, *last) = (frames, now);
        }
        Some((*last + silence).min(*since + FRAME_INTERVAL))
    }

    /// Records that the held frame is sent because its time has come.
    pub(super) fn release(&mut self, now: Instant) {
        let silent = match self.probe.take() {
            Some(Probe::Held { activity, last, .. }) => {
                Some(activity == self.activity.frames() && now - last >= self.silence())
            }
            _ => None,
        };
        if silent == Some(true) {
            self.probe = Some(Probe::Left { at: now, awaited: self.activity.awaited() });
        }
        if silent == Some(false) {
            self.distrust();
        }
        self.leave(now);
    }

    /// Records that the held frame is sent together with more data.
    pub(super) fn join(&mut self, now: Instant) {
        self.probe = None;
        self.leave(now);
    }

    fn answers(&self) -> bool {
        self.activity.frames() != self.before
    }

    // How long a peer must say nothing to be one that waits.
    fn silence(&self) -> Duration {
        if self.trust { (self.usual * SILENT_TURNS).clamp(MIN_SILENCE, FRAME_INTERVAL) } else { FRAME_INTERVAL }
    }

    // Whether what left after a silence was what the peer had waited for.
    fn judge(&mut self, now: Instant) {
        let Some(Probe::Left { at, awaited }) = self.probe else { return };
        self.probe = None;
        if awaited == self.activity.awaited() || now - at > FRAME_INTERVAL {
            return self.distrust();
        }
        self.trust = true;
        self.unproven = 0;
        self.most = (self.most * 2).min(MAX_UNPROVEN);
    }

    fn distrust(&mut self) {
        self.trust = false;
        self.most = MAX_BURST;
    }
}
