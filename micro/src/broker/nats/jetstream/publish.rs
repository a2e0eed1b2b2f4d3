//! Publishing into the stream, with its acknowledgement.

use std::pin::pin;
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;

use super::shared::Shared;
use crate::broker::Event;
use crate::broker::nats::wire;
use crate::errors::{Code, Error, Result};
use crate::link::nats::{NatsConnection, State, failed};
use crate::util::clock;

/// Maximum number of unacknowledged events sent to the stream.
const MAX_IN_FLIGHT: usize = 256;

/// Maximum number of attempts over a live connection: a server that has just started may not have its streams yet.
const MAX_ATTEMPTS: u32 = 20;
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Outcome of publishing some events.
enum Round {
    Taken,
    /// From this one on they are to be published again. The stream drops those it has.
    Again(usize, Error),
}

/// Done when the stream has all of them. Continues over lost connections, until the caller's timeout.
pub(super) async fn publish(shared: &Shared, events: &[Event]) -> Result<()> {
    let mut rest = events;
    let mut tries = 0;
    while !rest.is_empty() {
        let connection = shared.dialer.connection().await?;
        let before = connection.state();
        let (some, later) = rest.split_at(rest.len().min(MAX_IN_FLIGHT));
        let round = match shared.stream.take_in_all(connection.jetstream(), some.iter().map(|event| &event.topic)).await
        {
            Ok(()) => round(shared, &connection, some).await?,
            Err(error) if error.code() == Code::Unavailable => Round::Again(0, error),
            Err(error) => return Err(error),
        };
        match round {
            Round::Taken => rest = later,
            Round::Again(from, error) => {
                rest = &rest[from..];
                tries = if connection.state() == before { tries + 1 } else { 0 };
                if tries == MAX_ATTEMPTS {
                    return Err(error);
                }
                clock::sleep(RETRY_DELAY).await;
            }
        }
    }
    Ok(())
}

/// Publishes all of them before it waits for the first acknowledgement.
async fn round(shared: &Shared, connection: &NatsConnection, events: &[Event]) -> Result<Round> {
    let mut states = connection.states();
    let mut acks = Vec::with_capacity(events.len());
    for event in events {
        acks.push(send(shared, connection.jetstream(), event).await.map_err(|error| cannot(event, error))?);
    }
    let mut lost = pin!(lost(&mut states));
    for (at, (ack, event)) in acks.into_iter().zip(events).enumerate() {
        let answer = tokio::select! {
            biased;
            answer = ack.into_future() => answer,
            () = &mut lost => return Ok(Round::Again(at, connection.lost())),
        };
        let Err(error) = answer else { continue };
        match error.kind() {
            // No stream has this topic any more, or not yet again.
            PublishErrorKind::StreamNotFound => {
                shared.stream.forget();
                let why = format!("stream `{}` does not take `{}`", shared.stream.name(), event.topic);
                return Ok(Round::Again(at, Error::unavailable(why)));
            }
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => {
                return Ok(Round::Again(at, cannot(event, error)));
            }
            _ => return Err(cannot(event, error)),
        }
    }
    Ok(Round::Taken)
}

async fn send(shared: &Shared, jetstream: &Context, event: &Event) -> Result<PublishAckFuture, PublishError> {
    let (headers, payload) = wire::write_once(event, shared.envelope);
    let message = PublishMessage::build().payload(payload).headers(headers);
    jetstream.send_publish(event.topic.as_str().to_owned(), message).await
}

/// Waits until the connection does not stand any more.
async fn lost(states: &mut crate::link::nats::StateWatch) {
    while let State::Connected(_) = states.changed().await {}
}

fn cannot(event: &Event, error: PublishError) -> Error {
    failed(&format!("cannot publish to `{}`", event.topic), error)
}
