//! State shared by all subscriptions and publishers of one stream.

use std::sync::Arc;

use tokio::sync::watch;

use super::stream::Stream;
use crate::broker::nats::envelope::Envelope;
use crate::link::nats::NatsDialer;

pub(super) struct Shared {
    pub(super) dialer: NatsDialer,
    pub(super) stream: Stream,
    pub(super) envelope: Envelope,
    subscribers: watch::Sender<ActiveSubscribers>,
}

/// Counts of what belongs to subscriptions.
#[derive(Debug, Default)]
struct ActiveSubscribers {
    receiving: usize,
    /// Tasks that fetch events, or return those that a receiver left.
    fetching: usize,
}

/// Counts one receiver, or one task that fetches, for as long as it lives.
pub(super) struct SubscriberGuard {
    shared: Arc<Shared>,
    count: fn(&mut ActiveSubscribers) -> &mut usize,
}

impl Shared {
    pub(super) fn new(dialer: NatsDialer, stream: Stream, envelope: Envelope) -> Self {
        Shared { dialer, stream, envelope, subscribers: watch::Sender::default() }
    }

    /// Waits until what receivers left when they were dropped is returned to the server.
    pub(super) async fn flush(&self) {
        let mut subscribers = self.subscribers.subscribe();
        // The sender is ours, so this is no error.
        let _ = subscribers.wait_for(|all| all.fetching <= all.receiving).await;
    }
}

impl SubscriberGuard {
    pub(super) fn receiving(shared: &Arc<Shared>) -> Self {
        Self::new(shared, |all| &mut all.receiving)
    }

    pub(super) fn fetching(shared: &Arc<Shared>) -> Self {
        Self::new(shared, |all| &mut all.fetching)
    }

    fn new(shared: &Arc<Shared>, count: fn(&mut ActiveSubscribers) -> &mut usize) -> Self {
        shared.subscribers.send_modify(|all| *count(all) += 1);
        SubscriberGuard { shared: shared.clone(), count }
    }
}

impl Drop for SubscriberGuard {
    fn drop(&mut self) {
        self.shared.subscribers.send_modify(|all| *(self.count)(all) -= 1);
    }
}
