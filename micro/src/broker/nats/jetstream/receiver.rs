//! The subscriber's end of a subscription.

use std::sync::Arc;

use futures_util::stream;

use super::buffer::{Buffer, BufferedDelivery};
use super::settle::HeldDelivery;
use super::shared::{Shared, SubscriberGuard};
use crate::broker::nats::wire;
use crate::broker::{Deliveries, Delivery, Settle as _};
use crate::errors::Result;
use crate::util::spawn::Task;

/// Takes events out of a [`Buffer`]. Dropping it closes the buffer.
pub(super) struct JetStreamReceiver {
    shared: Arc<Shared>,
    buffer: Arc<Buffer>,
    fetching: Option<Task<()>>,
    _subscriber: SubscriberGuard,
}

impl JetStreamReceiver {
    /// `fetching` fills the buffer.
    pub(super) fn new(shared: Arc<Shared>, buffer: Arc<Buffer>, fetching: Task<()>) -> Self {
        let _subscriber = SubscriberGuard::receiving(&shared);
        JetStreamReceiver { shared, buffer, fetching: Some(fetching), _subscriber }
    }

    /// Every delivery from now on, and why there are none for now.
    pub(super) fn into_deliveries(self) -> Deliveries {
        Deliveries::new(stream::unfold(self, async |receiver| Some((receiver.next().await, receiver))))
    }

    async fn next(&self) -> Result<Delivery> {
        loop {
            let pending = self.buffer.take().await?;
            if let Some(delivery) = self.delivery(pending).await {
                return Ok(delivery);
            }
        }
    }

    async fn delivery(&self, pending: BufferedDelivery) -> Option<Delivery> {
        let BufferedDelivery { message, info, acker } = pending;
        let id = || format!("{}-{}", self.shared.stream.name(), info.sequence);
        let held = HeldDelivery::new(acker, info.sequence, self.buffer.clone());
        match wire::read(message, info.published, id) {
            Ok(event) => Some(Delivery::new(event, info.attempt, held)),
            Err(error) => {
                tracing::warn!(%error, "a message that is no event is left out for good");
                let _ = Box::new(held).reject().await;
                None
            }
        }
    }
}

impl Drop for JetStreamReceiver {
    fn drop(&mut self) {
        self.buffer.close();
        // It returns what was not taken, and ends; flushing the broker waits for that.
        if let Some(fetching) = self.fetching.take() {
            fetching.detach();
        }
    }
}
