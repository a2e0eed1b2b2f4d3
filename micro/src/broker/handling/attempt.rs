//! One event: its tries, and where it goes in the end.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tracing::Instrument;

use super::ack::{self, WaitingAck};
use super::options::AckMode;
use super::request::{self, EventRequest};
use super::shared::{LEASE_INTERVAL, Shared};
use crate::broker::{Delivery, Event, Settle};
use crate::context::{Context, CurrentMethod, Scoped};
use crate::errors::{Error, Result};
use crate::metadata::Metadata;
use crate::util::clock;

/// Delay before a dead letter is published again after the broker refused it.
const DEAD_LETTER_RETRY_DELAY: Duration = Duration::from_secs(5);

/// Metadata keys of a dead letter.
mod names {
    pub(super) const TOPIC: &str = "micro-dead-topic";
    pub(super) const ID: &str = "micro-dead-id";
    pub(super) const TRIES: &str = "micro-dead-tries";
    pub(super) const REASON: &str = "micro-dead-reason";
}

/// Outcome of an attempt.
enum Tried {
    /// Well: the broker is still to be told.
    Well(Box<dyn Settle>),
    /// The handler has settled it by hand.
    Settled(Result<()>),
    /// Not well.
    Failed(Error, Box<dyn Settle>),
}

/// Handles a delivery to its end: done, given back, or a dead letter.
///
/// While it waits to be tried again, its `slot` is free for others.
pub(super) async fn handle(shared: &Shared, mut slot: OwnedSemaphorePermit, delivery: Delivery, key: Option<&str>) {
    let Delivery { event, mut attempt, mut settle } = delivery;
    let event = Arc::new(event);
    // Others of its key must not pass an event, so it is tried again here, and the broker is not asked to bring it later.
    // Nor is one that cannot.
    let can = shared.broker.capabilities();
    let stays = key.is_some() || !can.redelivers || !can.counts_deliveries;
    let (topic, id) = (event.topic.as_str(), event.id.as_str());
    let settled = loop {
        if request::left(&event).is_some_and(|left| left.is_zero()) {
            let error = Error::deadline_exceeded("nobody needs it any more: its deadline has passed");
            tracing::warn!(topic, id, attempt, "not handled: {error:#}");
            break Box::pin(bury(shared, &event, attempt, &error, settle)).await;
        }
        let error = match attempt_at(shared, &event, attempt, settle).await {
            Tried::Well(settle) => break settle.ack().await,
            Tried::Settled(settled) => break settled,
            Tried::Failed(error, back) => {
                settle = back;
                error
            }
        };
        if attempt >= shared.handling.tries {
            tracing::error!(topic, id, attempt, "given up: {error:#}");
            break Box::pin(bury(shared, &event, attempt, &error, settle)).await;
        }
        let wait = shared.handling.wait(attempt);
        tracing::warn!(topic, id, attempt, "tried again in {wait:?}: {error:#}");
        if !stays {
            break settle.retry(wait).await;
        }
        drop(slot);
        shared.blocked.add(key);
        let rest = async {
            clock::sleep(wait).await;
            shared.slots.clone().acquire_owned().await.expect("it is never closed")
        };
        slot = held(id, &*settle, rest).await;
        attempt += 1;
    };
    drop(slot);
    match settled {
        Ok(()) => {}
        // A broker that did not hear what became of an event brings it again, which is what was promised: at least once.
        Err(error) if can.redelivers => tracing::warn!(topic, id, "will come again: {error:#}"),
        Err(error) => tracing::error!(topic, id, "is lost: {error:#}"),
    }
}

/// One try, through the interceptors. A panic is an error.
async fn attempt_at(shared: &Shared, event: &Arc<Event>, attempt: u32, settle: Box<dyn Settle>) -> Tried {
    let (ack, waiting) = match shared.handling.settling {
        AckMode::ByResult => (None, None),
        AckMode::ByHand => {
            let (ack, waiting) = ack::pair();
            (Some(ack), Some(waiting))
        }
    };
    let request = EventRequest::new(event.clone(), attempt, &shared.lent, ack);
    let handled = in_scope(shared, request);
    match waiting {
        Some(waiting) => Box::pin(by_hand(handled, waiting, &event.id, settle)).await,
        None => match held(&event.id, &*settle, handled).await {
            Ok(()) => Tried::Well(settle),
            Err(error) => Tried::Failed(error, settle),
        },
    }
}

/// The handler with everything around it: interceptors, context, span, deadline, and a net under its panics.
async fn in_scope(shared: &Shared, request: EventRequest) -> Result<()> {
    let context = request.context().clone();
    let called = CurrentMethod { service: "events", method: shared.handling.name };
    let (span, deadline) = (span(called, &request), context.deadline());
    let handled = async { shared.broker.interceptors().handle(request, &*shared.handler).await };
    let handled = AssertUnwindSafe(handled).catch_unwind();
    let mut handled = Box::pin(Scoped::handler(context, called, handled).instrument(span));
    let result = match deadline {
        None => handled.await,
        Some(deadline) => {
            clock::within(deadline, &mut handled).await.unwrap_or_else(|_| Ok(Err(Context::deadline_exceeded())))
        }
    };
    result.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))
}

/// The span of one try, for subscribers that want spans. It belongs to the trace its event was published in.
fn span(called: CurrentMethod, request: &EventRequest) -> tracing::Span {
    if !tracing::span_enabled!(target: "micro::event", tracing::Level::INFO) {
        return tracing::Span::none();
    }
    let (event, trace) = (request.event(), request.context().trace());
    tracing::info_span!(
        target: "micro::event",
        "event",
        subscriber = called.method,
        topic = event.topic.as_str(),
        id = event.id,
        attempt = request.attempt(),
        trace = trace.map(|trace| format!("{:032x}", trace.trace_id())),
    )
}

/// Does what the handler says by its [`Ack`](ack::Ack), during its run or after it.
async fn by_hand(
    handled: impl Future<Output = Result<()>>,
    mut waiting: WaitingAck,
    id: &str,
    settle: Box<dyn Settle>,
) -> Tried {
    let failed = Notify::new();
    let settling = async {
        let said = tokio::select! {
            said = held(id, &*settle, waiting.said()) => said,
            // Whatever is said from now on comes too late, and is told so.
            () = failed.notified() => None,
        };
        drop(waiting);
        match said {
            Some(said) => Tried::Settled(said.carry_out(settle).await),
            None => Tried::Failed(Error::failed_precondition("its `Ack` was dropped unused"), settle),
        }
    };
    match select(pin!(handled), pin!(settling)).await {
        Either::Left((Ok(()), settling)) => settling.await,
        Either::Left((Err(error), settling)) => {
            failed.notify_one();
            match settling.await {
                Tried::Failed(_, settle) => Tried::Failed(error, settle),
                settled => settled,
            }
        }
        // The handler has its word, and may have more to do.
        Either::Right((Tried::Failed(dropped, settle), handled)) => {
            Tried::Failed(held(id, &*settle, handled).await.err().unwrap_or(dropped), settle)
        }
        Either::Right((settled, handled)) => {
            if let Err(error) = handled.await {
                tracing::warn!(id, "failed after it was settled: {error:#}");
            }
            settled
        }
    }
}

/// Does something for however long it takes, while the broker hears that the event is in good hands.
async fn held<T>(id: &str, settle: &dyn Settle, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Ok(done) = clock::timeout(LEASE_INTERVAL, work.as_mut()).await {
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
            settle.retry(DEAD_LETTER_RETRY_DELAY).await
        }
    }
}

/// Returns the event as it is published on the dead-letter topic, with the reason. It gets another id: to a broker that
/// deduplicates, the letter is not the event.
fn dead_letter(shared: &Shared, event: &Event, tries: u32, error: &Error) -> Result<Event> {
    let topic = match &shared.handling.dead_letters {
        Some(topic) => topic.clone(),
        None => event.topic.dead_letters()?,
    };
    let reason: String = format!("{}: {}", error.code(), error.message()).replace(char::is_control, " ");
    let end = reason.floor_char_boundary(1024);
    let mut metadata: Metadata = event.metadata.clone();
    // The letter is for people, who come when they come.
    metadata.remove(crate::broker::publisher::DEADLINE);
    metadata.insert(names::TOPIC, event.topic.as_str())?;
    metadata.insert(names::ID, event.id.as_str())?;
    metadata.insert(names::TRIES, tries.to_string())?;
    metadata.insert(names::REASON, &reason[..end])?;
    let letter = Event::new(topic, event.body.clone()).with_id(format!("{}.dead", event.id)).with_metadata(metadata);
    Ok(Event { key: event.key.clone(), content_type: event.content_type.clone(), ..letter })
}
