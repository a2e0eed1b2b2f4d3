//! Core NATS: who listens hears, once, and nothing is kept.

use std::time::Duration;

use async_nats::Subscriber;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::{StreamExt as _, stream};

use super::envelope::Envelope;
use super::wire;
use crate::broker::event::new_id;
use crate::broker::{Deliveries, Delivery, Event, Settle, Subscription};
use crate::errors::{Error, Result};
use crate::link::nats::{NatsConnection, NatsDialer, State, StateWatch, failed};
use crate::util::clock;

/// Timeout for the server's confirmation of a subscription.
const SUBSCRIBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Done when the server's side of the connection has all of them, on a connection that stood all the time.
pub(super) async fn publish(dialer: &NatsDialer, events: &[Event], envelope: Envelope) -> Result<()> {
    let connection = dialer.connection().await?;
    let before = connection.state();
    for event in events {
        let (headers, payload) = wire::write(event, envelope);
        let published =
            connection.client().publish_with_headers(event.topic.as_str().to_owned(), headers, payload).await;
        published.map_err(|error| failed(&format!("cannot publish to `{}`", event.topic), error))?;
    }
    let flushed = connection.client().flush().await;
    flushed.map_err(|error| failed("cannot publish", error))?;
    if connection.state() != before {
        return Err(connection.lost());
    }
    Ok(())
}

pub(super) async fn subscribe(dialer: &NatsDialer, subscription: &Subscription) -> Result<Deliveries> {
    let connection = dialer.connection().await?;
    let states = connection.states();
    let topics = subscription.topics.as_str().to_owned();
    let subscriber = connection.permitted(&topics, async {
        let subscribed = match &subscription.queue {
            Some(queue) => connection.client().queue_subscribe(topics.clone(), group(queue)).await,
            None => connection.client().subscribe(topics.clone()).await,
        };
        let subscribed = subscribed.map_err(|error| failed(&format!("cannot subscribe to `{topics}`"), error))?;
        echo(&connection).await;
        Ok(subscribed)
    });
    let listening = CoreSubscription { subscriber: subscriber.await?, states, connection, _dialer: dialer.clone() };
    Ok(Deliveries::new(stream::unfold(listening, async |mut listening| Some((listening.next().await?, listening)))))
}

/// Waits until the server has read all that was written to it: it responds immediately to a subject without subscribers. Where the login may
/// not ask that, there is no answer, and none is needed by those who publish on this connection.
async fn echo(connection: &NatsConnection) {
    let nobody = connection.client().new_inbox();
    let _ = clock::timeout(SUBSCRIBE_TIMEOUT, connection.client().request(nobody, "".into())).await;
}

/// The name of a queue as the server takes it: as it is, for those who share it without micro, unless it cannot be.
fn group(queue: &str) -> String {
    let whole = !queue.is_empty() && !queue.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    if whole { queue.to_owned() } else { super::names::escaped(queue) }
}

struct CoreSubscription {
    subscriber: Subscriber,
    states: StateWatch,
    connection: NatsConnection,
    _dialer: NatsDialer,
}

impl CoreSubscription {
    async fn next(&mut self) -> Option<Result<Delivery>> {
        loop {
            tokio::select! {
                biased;
                message = self.subscriber.next() => match wire::read(message?, clock::wall(), new_id) {
                    Ok(event) => return Some(Ok(Delivery::new(event, 1, Once))),
                    Err(error) => tracing::debug!(%error, "a message that is no event was left out"),
                },
                state = self.states.changed() => match state {
                    State::Connected(_) => {}
                    State::Disconnected => return Some(Err(self.connection.lost())),
                    State::Closed => return None,
                },
            }
        }
    }
}

/// The settlement of a delivery that is not awaited.
struct Once;

impl Settle for Once {
    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        ready(Ok(())).boxed()
    }

    fn retry(self: Box<Self>, _after: Duration) -> BoxFuture<'static, Result<()>> {
        let why = "core NATS delivers an event once: name a stream (`?stream=NAME`) to have it again";
        ready(Err(Error::unimplemented(why))).boxed()
    }

    fn reject(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        ready(Ok(())).boxed()
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        ready(Ok(())).boxed()
    }
}
