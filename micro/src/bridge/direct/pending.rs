//! Events waiting in groups.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::Notify;

use super::contract::EventRecord;
use super::keys;
use crate::broker::Event;

/// An event shared by its groups.
#[derive(Debug)]
pub(super) struct StoredEvent {
    event: Event,
    key: Option<u64>,
    size: usize,
    /// Encoded form, created when the event first leaves the process.
    encoded: OnceLock<Bytes>,
}

/// An event of one group.
#[derive(Debug)]
pub(super) struct PendingEvents {
    /// Sequence number, in the order of publication.
    pub(super) number: u64,
    pub(super) event: Arc<StoredEvent>,
    /// Number of the next delivery, starting at 1.
    pub(super) attempt: u32,
    /// Held until the event is in the process of a subscriber, while its publisher waits for that.
    pub(super) completion: Option<EventCompletionGuard>,
}

impl StoredEvent {
    pub(super) fn new(event: Event) -> Arc<Self> {
        let (key, size) = (event.key.as_deref().map(keys::hash), size(&event));
        Arc::new(StoredEvent { event, key, size, encoded: OnceLock::new() })
    }

    pub(super) fn event(&self) -> &Event {
        &self.event
    }

    /// Returns the hash of the event's key.
    pub(super) fn key(&self) -> Option<u64> {
        self.key
    }

    /// Returns the approximate size in bytes, in memory and on the wire.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Returns the encoded event, which is encoded once for all receivers.
    pub(super) fn encoded(&self) -> Bytes {
        self.encoded.get_or_init(|| EventRecord::encode(&self.event)).clone()
    }
}

/// Returns the approximate size of an event in bytes, in memory and on the wire.
pub(super) fn size(event: &Event) -> usize {
    let pairs: usize = event.metadata.iter().map(|(name, value)| name.len() + value.len() + 16).sum();
    let texts = event.topic.as_str().len() + event.id.len() + event.content_type.len();
    128 + pairs + texts + event.key.as_ref().map_or(0, String::len) + event.body.len()
}

/// Counter of the events of one `publish` call that are not yet in the process of a subscriber.
#[derive(Debug, Default)]
pub(super) struct EventCompletion {
    open: AtomicUsize,
    done: Notify,
}

/// Guard of one event counted by an [`EventCompletion`]; dropping the guard completes the event.
#[derive(Debug)]
pub(super) struct EventCompletionGuard(Arc<EventCompletion>);

impl EventCompletion {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn guard(self: &Arc<Self>) -> EventCompletionGuard {
        self.open.fetch_add(1, Ordering::Relaxed);
        EventCompletionGuard(self.clone())
    }

    /// Waits until all guards are dropped.
    pub(super) async fn wait(&self) {
        while !self.is_done() {
            self.done.notified().await;
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }
}

impl Drop for EventCompletionGuard {
    fn drop(&mut self) {
        if self.0.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.done.notify_one();
        }
    }
}
