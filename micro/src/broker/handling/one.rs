//! One event: its tries, and where it goes in the end.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

use super::Shared;
use crate::broker::{Delivery, Event, Settle};
use crate::errors::{Error, Result};
use crate::metadata::Metadata;
use crate::util::clock;

/// How often a broker hears that an event is still being handled: a third of the time after which they give it to others.
const LEASE: Duration = Duration::from_secs(10);
/// How long to wait where the broker did not take a dead letter.
const AGAIN: Duration = Duration::from_secs(5);

/// What a dead letter says beside its event.
mod names {
    pub(super) const TOPIC: &str = "micro-dead-topic";
    pub(super) const ID: &str = "micro-dead-id";
    pub(super) const TRIES: &str = "micro-dead-tries";
    pub(super) const REASON: &str = "micro-dead-reason";
}

/// Handles a delivery to its end: done, given back, or a dead letter.
pub(super) async fn handle(shared: &Shared, delivery: Delivery) {
    let Delivery { event, mut attempt, settle } = delivery;
    // Others of its key must not pass an event, so it is tried again here, and the broker is not asked to bring it later.
    // Nor is one that cannot.
    let can = shared.broker.capabilities();
    let stays = shared.handling.in_order && event.key.is_some() || !can.redelivers || !can.counts_deliveries;
    let (topic, id) = (event.topic.as_str(), event.id.as_str());
    let settled = loop {
        let Err(error) = attempt_at(shared, &event, attempt, &*settle).await else { break settle.ack().await };
        if attempt >= shared.handling.tries {
            tracing::error!(topic, id, attempt, "given up: {error:#}");
            break bury(shared, &event, attempt, &error, settle).await;
        }
        let wait = shared.handling.wait(attempt);
        tracing::warn!(topic, id, attempt, "tried again in {wait:?}: {error:#}");
        if !stays {
            break settle.retry(wait).await;
        }
        held(id, &*settle, clock::sleep(wait)).await;
        attempt += 1;
    };
    // A broker that did not hear what became of an event brings it again, which is what was promised: at least once.
    if let Err(error) = settled {
        tracing::warn!(topic, id, "will come again: {error:#}");
    }
}

/// One try. A panic is an error.
async fn attempt_at(shared: &Shared, event: &Event, attempt: u32, settle: &dyn Settle) -> Result<()> {
    let handled = AssertUnwindSafe(async { shared.handler.handle(event, attempt).await }).catch_unwind();
    held(&event.id, settle, handled).await.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))
}

/// Does something for however long it takes, while the broker hears that the event is in good hands.
async fn held<T>(id: &str, settle: &dyn Settle, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        if let Ok(done) = clock::timeout(LEASE, work.as_mut()).await {
            return done;
        }
        if let Err(error) = settle.extend().await {
            tracing::debug!(id, "the broker may bring it again: {error:#}");
        }
    }
}

/// Publishes a dead letter, and is done with the event once that is certain.
async fn bury(shared: &Shared, event: &Event, tries: u32, error: &Error, settle: Box<dyn Settle>) -> Result<()> {
    let buried = match dead_letter(shared, event, tries, error) {
        Ok(letter) => shared.broker.publish(letter).await,
        Err(error) => Err(error),
    };
    match buried {
        Ok(()) => settle.ack().await,
        Err(error) => {
            tracing::error!(topic = event.topic.as_str(), id = event.id, "no dead letter for now: {error:#}");
            settle.retry(AGAIN).await
        }
    }
}

/// The same event on the topic of the dead, with why it is there. Its id is another one: for a broker that drops what comes
/// twice the letter is not the event.
fn dead_letter(shared: &Shared, event: &Event, tries: u32, error: &Error) -> Result<Event> {
    let topic = match &shared.handling.dead_letters {
        Some(topic) => topic.clone(),
        None => event.topic.dead_letters()?,
    };
    let reason: String = format!("{}: {}", error.code(), error.message()).replace(char::is_control, " ");
    let end = reason.floor_char_boundary(1024);
    let mut metadata: Metadata = event.metadata.clone();
    metadata.insert(names::TOPIC, event.topic.as_str())?;
    metadata.insert(names::ID, event.id.as_str())?;
    metadata.insert(names::TRIES, tries.to_string())?;
    metadata.insert(names::REASON, &reason[..end])?;
    let letter = Event::new(topic, event.body.clone()).with_id(format!("{}.dead", event.id)).with_metadata(metadata);
    Ok(Event { key: event.key.clone(), content_type: event.content_type.clone(), ..letter })
}
