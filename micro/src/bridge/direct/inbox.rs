//! Events that a subscription has accepted and not settled. A state machine: this module neither waits, locks nor reads the
//! clock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use super::limits::MAX_INBOX_EVENTS;
use super::outcome::{EventId, EventOutcome, Rejected};
use super::pending::size;
use crate::broker::Event;
use crate::util::clock::Instant;

/// The events of one subscription. `O` is the origin of an event, to which its outcome is reported.
#[derive(Debug)]
pub(super) struct Inbox<O> {
    /// Maximum number of events the subscriber handles at a time.
    in_flight: usize,
    entries: HashMap<EventId, InboxEntry<O>>,
    ready: VecDeque<EventId>,
    /// Events waiting for another delivery, by due time.
    delayed: BTreeMap<(Instant, u64), EventId>,
    sequence: u64,
    /// Number of events held by the subscriber.
    delivered: usize,
    closed: bool,
}

#[derive(Debug)]
struct InboxEntry<O> {
    event: Event,
    attempt: u32,
    origin: O,
}

/// Next event of an inbox.
#[derive(Debug)]
pub(super) enum InboxNext {
    /// An event for the subscriber, which holds it until it is settled.
    Delivery { id: EventId, event: Event, attempt: u32 },
    /// No event now; the next one may be ready at `until`.
    Nothing { until: Option<Instant> },
}

/// An outcome to report to the origin of an event.
#[derive(Debug)]
pub(super) struct Report<O> {
    pub(super) origin: O,
    pub(super) number: u64,
    pub(super) outcome: EventOutcome,
    /// The event, if the inbox has released it.
    pub(super) released: Option<Event>,
}

impl<O: Clone> Inbox<O> {
    pub(super) fn new(in_flight: usize) -> Self {
        Inbox {
            in_flight,
            entries: HashMap::new(),
            ready: VecDeque::new(),
            delayed: BTreeMap::new(),
            sequence: 0,
            delivered: 0,
            closed: false,
        }
    }

    /// Returns the number of events that are not settled.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Accepts an event, and returns the number of bytes it adds. `event` is called only if there is space; `has_budget` is
    /// `true` if the process has memory left.
    ///
    /// A known event is not delivered twice; its outcome is reported to its latest origin.
    pub(super) fn accept(
        &mut self,
        id: EventId,
        attempt: u32,
        origin: O,
        has_budget: bool,
        event: impl FnOnce() -> Event,
    ) -> Result<usize, Rejected> {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.origin = origin;
            return Ok(0);
        }
        if self.closed {
            return Err(Rejected::Closed);
        }
        if self.entries.len() >= MAX_INBOX_EVENTS || !has_budget {
            return Err(Rejected::Full);
        }
        let event = event();
        let size = size(&event);
        self.entries.insert(id, InboxEntry { event, attempt: attempt.max(1), origin });
        self.ready.push_back(id);
        Ok(size)
    }

    /// Takes the next event, if the subscriber has fewer than it asked for.
    pub(super) fn next(&mut self, now: Instant) -> InboxNext {
        if self.delivered >= self.in_flight {
            return InboxNext::Nothing { until: None };
        }
        self.promote_due(now);
        let Some(id) = self.ready.pop_front() else {
            return InboxNext::Nothing { until: self.delayed.first_key_value().map(|((due, _), _)| *due) };
        };
        let entry = self.entries.get(&id).expect("what is ready has an entry");
        self.delivered += 1;
        InboxNext::Delivery { id, event: entry.event.clone(), attempt: entry.attempt }
    }

    /// Settles an event the subscriber has handled.
    pub(super) fn ack(&mut self, id: EventId) -> Option<Report<O>> {
        self.delivered -= 1;
        let entry = self.entries.remove(&id)?;
        Some(Report::releasing(id, entry, |_| EventOutcome::Acked))
    }

    /// Schedules an event for another delivery, after `delay`. A closed inbox releases the event for another member instead.
    pub(super) fn retry(&mut self, id: EventId, delay: Duration, now: Instant) -> Option<Report<O>> {
        self.delivered -= 1;
        let entry = self.entries.get_mut(&id)?;
        entry.attempt = entry.attempt.saturating_add(1);
        if self.closed {
            let entry = self.entries.remove(&id)?;
            return Some(Report::releasing(id, entry, |attempt| EventOutcome::Reroute { attempt }));
        }
        let outcome = EventOutcome::Delayed { attempt: entry.attempt };
        let report = Report { origin: entry.origin.clone(), number: id.number, outcome, released: None };
        if delay.is_zero() {
            self.ready.push_front(id);
        } else {
            self.sequence += 1;
            self.delayed.insert((now + delay, self.sequence), id);
        }
        Some(report)
    }

    /// Stops accepting events.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Releases the events not held by the subscriber.
    pub(super) fn drain(&mut self) -> Vec<Report<O>> {
        let delayed = std::mem::take(&mut self.delayed).into_values();
        let waiting = std::mem::take(&mut self.ready).into_iter().chain(delayed);
        let waiting = waiting.filter_map(|id| Some((id, self.entries.remove(&id)?)));
        waiting.map(|(id, entry)| Report::releasing(id, entry, |attempt| EventOutcome::Reroute { attempt })).collect()
    }

    /// Moves due events to the ready queue.
    fn promote_due(&mut self, now: Instant) {
        while let Some(first) = self.delayed.first_entry().filter(|first| first.key().0 <= now) {
            let id = first.remove();
            self.ready.push_front(id);
        }
    }
}

impl<O> Report<O> {
    fn releasing(id: EventId, entry: InboxEntry<O>, outcome: impl FnOnce(u32) -> EventOutcome) -> Self {
        let outcome = outcome(entry.attempt);
        Report { origin: entry.origin, number: id.number, outcome, released: Some(entry.event) }
    }
}
