//! An event on its way to one queue, or to one subscriber without a queue.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::Notify;

use super::keyed;
use crate::bridge::direct::contract::Happening;
use crate::broker::Event;

/// An event, shared by all who get it.
#[derive(Debug)]
pub(in crate::bridge::direct) struct Kept {
    pub(in crate::bridge::direct) event: Event,
    /// What it is in order with.
    pub(super) key: Option<u64>,
    /// The same for the wire, once it leaves the process.
    written: OnceLock<Bytes>,
}

/// One event for one lane.
#[derive(Debug)]
pub(super) struct Parcel {
    /// Grows in the order of publishing.
    pub(super) number: u64,
    pub(super) lane: u64,
    pub(super) kept: Arc<Kept>,
    /// Which delivery the next one is.
    pub(super) attempt: u32,
    /// Until it is taken somebody may wait for that.
    pub(super) share: Option<Share>,
}

/// A parcel in a member's hands.
#[derive(Debug)]
pub(super) struct Under {
    pub(super) parcel: Parcel,
    pub(super) subscription: u64,
    /// The link it is on; none within the process.
    pub(super) link: Option<u64>,
    pub(super) round: u32,
    pub(super) stage: Stage,
}

/// How far a parcel has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits to be written.
    Outgoing,
    /// It was.
    Sent,
    /// It is in the process of its subscriber.
    Taken,
    /// It waits there for its next delivery, and takes nobody's place.
    Resting,
}

impl Kept {
    pub(super) fn new(event: Event) -> Arc<Self> {
        let key = event.key.as_deref().map(keyed::number);
        Arc::new(Kept { event, key, written: OnceLock::new() })
    }

    pub(in crate::bridge::direct) fn written(&self) -> Bytes {
        self.written.get_or_init(|| Happening::bytes(&self.event)).clone()
    }
}

/// About how many bytes an event is, in memory and on the wire.
pub(in crate::bridge::direct) fn size(event: &Event) -> usize {
    let pairs: usize = event.metadata.iter().map(|(name, value)| name.len() + value.len() + 16).sum();
    let texts = event.topic.as_str().len() + event.id.len() + event.content_type.len();
    128 + pairs + texts + event.key.as_ref().map_or(0, String::len) + event.body.len()
}

/// Counts what is not taken yet of all that was published at once.
#[derive(Debug, Default)]
pub(in crate::bridge::direct) struct Ticket {
    left: AtomicUsize,
    taken: Notify,
}

/// One of those. It is dropped when it is taken, or when there is nobody to take it.
#[derive(Debug)]
pub(super) struct Share(Arc<Ticket>);

impl Ticket {
    pub(in crate::bridge::direct) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn share(self: &Arc<Self>) -> Share {
        self.left.fetch_add(1, Ordering::Relaxed);
        Share(self.clone())
    }

    /// Waits until all are taken.
    pub(in crate::bridge::direct) async fn taken(&self) {
        while self.left.load(Ordering::Acquire) > 0 {
            self.taken.notified().await;
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.0.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.taken.notify_one();
        }
    }
}
