//! JetStream: a stream keeps the events, and consumers remember who has had which.

mod consumer;
mod held;
mod publish;
mod pull;
mod stream;

use std::fmt;
use std::sync::Arc;

use async_nats::jetstream::Context;
use async_nats::jetstream::response::Response;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use self::consumer::Consumer;
use self::stream::Stream;
pub(super) use self::stream::{Settings, Subjects};
use super::envelope::Envelope;
use crate::broker::{Deliveries, Event, Subscription};
use crate::errors::Result;
use crate::link::nats::{Dialer, failed};

/// A stream, and the way to it. Clones share it.
#[derive(Clone)]
pub(super) struct JetStream(Arc<Shared>);

struct Shared {
    dialer: Dialer,
    stream: Stream,
    envelope: Envelope,
    subscribers: watch::Sender<Subscribers>,
}

/// How many there are, so that somebody can wait for those that leave.
#[derive(Debug, Default)]
struct Subscribers {
    /// Those that take events,
    taking: usize,
    /// and the tasks that pull for them, or give back what they have left.
    pulling: usize,
}

impl JetStream {
    pub(super) fn new(dialer: Dialer, settings: Settings, envelope: Envelope) -> Self {
        JetStream(Arc::new(Shared {
            dialer,
            stream: Stream::new(settings),
            envelope,
            subscribers: watch::Sender::default(),
        }))
    }

    pub(super) fn stream(&self) -> &str {
        self.0.stream.name()
    }

    pub(super) async fn publish(&self, events: &[Event]) -> Result<()> {
        publish::publish(&self.0, events).await
    }

    pub(super) async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        let consumer = Consumer::new(self.0.stream.name(), subscription);
        let connection = self.0.dialer.connection().await?;
        let floor = connection.permitted(self.stream(), async {
            self.0.stream.take_in(connection.jetstream(), &subscription.topics).await?;
            consumer.ensure(connection.jetstream(), None).await
        });
        let floor = floor.await?;
        Ok(pull::begin(self.0.clone(), consumer, floor, subscription))
    }

    /// Waits until subscribers that have left have given back what nobody had taken.
    pub(super) async fn flush(&self) {
        let mut subscribers = self.0.subscribers.subscribe();
        // An error would say that the sender is gone, and it is ours.
        let _ = subscribers.wait_for(|all| all.pulling <= all.taking).await;
    }
}

impl fmt::Debug for JetStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JetStream({})", self.stream())
    }
}

/// Asks the server for something. What it says is kept as it is: it may be newer than the driver, and have settings that the
/// driver would leave out.
async fn ask(jetstream: &Context, what: &str, subject: String, question: &impl Serialize) -> Result<Value> {
    let answered = jetstream.request::<_, _, Response<Value>>(subject, question).await;
    match answered.map_err(|error| failed(what, error))? {
        Response::Ok(answer) => Ok(answer),
        Response::Err { error } => Err(failed(what, error)),
    }
}
