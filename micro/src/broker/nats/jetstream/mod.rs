//! JetStream: a stream keeps the events, and consumers remember who has had which.

mod acker;
mod api;
mod buffer;
mod consumer;
mod fetcher;
mod publish;
mod receiver;
mod session;
mod settle;
mod shared;
mod stream;

use std::fmt;
use std::sync::Arc;

use self::buffer::Buffer;
use self::consumer::JetStreamConsumer;
use self::fetcher::Fetcher;
use self::receiver::JetStreamReceiver;
use self::shared::Shared;
use self::stream::Stream;
pub(super) use self::stream::{StreamSettings, Subjects};
use super::envelope::Envelope;
use crate::broker::{Deliveries, Event, Subscription};
use crate::errors::Result;
use crate::link::nats::NatsDialer;
use crate::util::spawn;

/// A stream, and the way to it. Clones share it.
#[derive(Clone)]
pub(super) struct JetStream(Arc<Shared>);

impl JetStream {
    pub(super) fn new(dialer: NatsDialer, settings: StreamSettings, envelope: Envelope) -> Self {
        JetStream(Arc::new(Shared::new(dialer, Stream::new(settings), envelope)))
    }

    pub(super) fn stream(&self) -> &str {
        self.0.stream.name()
    }

    pub(super) async fn publish(&self, events: &[Event]) -> Result<()> {
        publish::publish(&self.0, events).await
    }

    pub(super) async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        let consumer = JetStreamConsumer::new(self.0.stream.name(), subscription);
        let connection = self.0.dialer.connection().await?;
        let first = connection.permitted(self.stream(), async {
            self.0.stream.take_in(connection.jetstream(), &subscription.topics).await?;
            consumer.ensure(connection.jetstream(), None).await
        });
        let buffer = Arc::new(Buffer::new(subscription.in_flight, first.await?));
        let fetcher = Fetcher::new(self.0.clone(), consumer, buffer.clone());
        Ok(JetStreamReceiver::new(self.0.clone(), buffer, spawn::spawn(fetcher.run())).into_deliveries())
    }

    /// Waits until what subscribers left when they were dropped is returned to the server.
    pub(super) async fn flush(&self) {
        self.0.flush().await;
    }
}

impl fmt::Debug for JetStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JetStream({})", self.stream())
    }
}
