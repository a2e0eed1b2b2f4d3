//! The request that a handler receives for an event.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::Ack;
use crate::broker::publisher::{DEADLINE, TRACE};
use crate::broker::{Event, FromEvent};
use crate::context::{Context, EventContext, EventInfo, Extensions};
use crate::errors::Result;
use crate::util::clock;

/// An event in the hands of a handler, and the context it is handled in. Cloning it is cheap.
#[derive(Clone)]
pub struct EventRequest {
    delivered: Arc<Delivered>,
    context: Context,
    ack: Arc<Mutex<Option<Ack>>>,
}

/// The part of a request that stays the same during an attempt.
struct Delivered {
    event: Arc<Event>,
    attempt: u32,
}

impl EventRequest {
    pub(super) fn new(event: Arc<Event>, attempt: u32, lent: &Extensions, ack: Option<Ack>) -> Self {
        let delivered = Arc::new(Delivered { event, attempt });
        let event = &delivered.event;
        let context = Context::for_event(EventContext {
            event: delivered.clone(),
            trace: event.metadata.get(TRACE).and_then(|trace| trace.parse().ok()),
            deadline: left(event).map(clock::after),
            metadata: event.metadata.clone(),
            extensions: lent.clone(),
        });
        EventRequest { delivered, context, ack: Arc::new(Mutex::new(ack)) }
    }

    /// The event as it came.
    pub fn event(&self) -> &Event {
        &self.delivered.event
    }

    /// Returns the number of the attempt, from 1 on.
    pub fn attempt(&self) -> u32 {
        self.delivered.attempt
    }

    /// The event as a Rust value, in whatever format it came.
    ///
    /// # Errors
    ///
    /// As [`Event::read`].
    pub fn decode<E: FromEvent>(&self) -> Result<E> {
        E::from_event(self.event())
    }

    /// The context it is handled in: its metadata, its trace, its deadline, and [`Context::event`].
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Replaces the context.
    #[must_use]
    pub fn with_context(self, context: Context) -> Self {
        EventRequest { context, ..self }
    }

    /// Replaces the event, for interceptors that unpack or decrypt.
    #[must_use]
    pub fn with_event(self, event: Event) -> Self {
        let delivered = Arc::new(Delivered { event: Arc::new(event), attempt: self.delivered.attempt });
        let context = self.context.with_event(delivered.clone());
        EventRequest { delivered, context, ack: self.ack }
    }

    /// The right to settle it, where [`ConsumerOptions::with_manual_ack`](super::ConsumerOptions::with_manual_ack) left that to the handler. It is there
    /// once.
    pub fn ack(&self) -> Option<Ack> {
        self.ack.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Returns the time until the event's deadline; `None` if its publisher set none.
pub(super) fn left(event: &Event) -> Option<Duration> {
    let since = Duration::from_nanos(event.metadata.get(DEADLINE)?.parse().ok()?);
    let deadline = SystemTime::UNIX_EPOCH.checked_add(since)?;
    Some(deadline.duration_since(clock::wall()).unwrap_or_default())
}

impl EventInfo for Delivered {
    fn topic(&self) -> &str {
        self.event.topic.as_str()
    }

    fn id(&self) -> &str {
        &self.event.id
    }

    fn time(&self) -> SystemTime {
        self.event.time
    }

    fn key(&self) -> Option<&str> {
        self.event.key.as_deref()
    }

    fn attempt(&self) -> u32 {
        self.attempt
    }
}

impl fmt::Debug for EventRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("event", self.event()).field("attempt", &self.attempt()).finish_non_exhaustive()
    }
}
