//! The session with one process of subscribers: what was and is to be sent to it, and what it has.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::in_flight::{SendStage, SentEvents};
use super::route::RouteState;
use crate::bridge::direct::contract::BatchEntry;
use crate::bridge::direct::limits::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_IDLE_HEARTBEATS, RECONNECT_GRACE};
use crate::bridge::direct::pending::{EventCompletionGuard, StoredEvent};
use crate::bridge::direct::timer::Timer;
use crate::registry::Node;
use crate::util::clock::Instant;

/// A session with the process behind a node. Its connection may break and be opened again.
#[derive(Debug)]
pub(super) struct MemberSession {
    node: Arc<Node>,
    /// `true` if the registry lists the node.
    listed: bool,
    link: LinkState,
    /// The number of the connection, of all there have been.
    connection: u64,
    /// Numbers of events to be written, and of those that were and have not been looked at, in their order.
    outgoing: VecDeque<u64>,
    unacked: VecDeque<u64>,
    /// Events that the other side has looked at since the connection was opened.
    received: u64,
    /// Events that the other side is to settle.
    in_flight: HashMap<u64, SentEvents>,
    /// `true` if events were published for the session lately, and the number of heartbeats without any.
    used: bool,
    idle_heartbeats: u32,
    heartbeat_due: bool,
    /// `true` if the writer waits for something to write.
    writer_waits: bool,
}

/// State of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkState {
    Closed,
    /// A task connects. Until the timer runs out, the keys of the members wait.
    Connecting(Timer),
    /// A task connects again after the connection broke. Attempts that fail do not end the wait.
    Reconnecting(Timer),
    /// A task connects, and keys do not wait.
    Unreachable,
    /// The task has given up. Keys do not wait.
    GivenUp,
    Open,
}

/// Reason a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bridge::direct) enum Disconnected {
    /// In good order.
    Closed,
    /// Broken, or never opened.
    Failed,
    /// The other side takes no message of that size.
    TooLarge,
}

/// Next item to write.
#[derive(Debug)]
pub(in crate::bridge::direct) enum Write {
    /// The entries of a batch, and the event that goes into each; none for a heartbeat.
    Batch(Vec<(BatchEntry, Arc<StoredEvent>)>),
    /// No item for now.
    Wait,
    /// No more items: the connection does not belong to the session any more.
    End,
}

impl MemberSession {
    pub(super) fn new(node: Arc<Node>) -> Self {
        MemberSession {
            node,
            listed: true,
            link: LinkState::Closed,
            connection: 0,
            outgoing: VecDeque::new(),
            unacked: VecDeque::new(),
            received: 0,
            in_flight: HashMap::new(),
            used: false,
            idle_heartbeats: 0,
            heartbeat_due: false,
            writer_waits: false,
        }
    }

    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The registry lists other data for the node.
    pub(super) fn set_node(&mut self, node: Arc<Node>) {
        self.node = node;
    }

    /// The registry does not list the node any more. Returns whether the session is over: while it is open and events are in
    /// flight, it stays, because those are still settled.
    pub(super) fn unlist(&mut self) -> bool {
        self.listed = false;
        self.link != LinkState::Open || self.in_flight.is_empty()
    }

    pub(super) fn is_listed(&self) -> bool {
        self.listed
    }

    /// Returns `true` if the connection is needed.
    pub(super) fn is_wanted(&self) -> bool {
        self.listed || !self.in_flight.is_empty()
    }

    /// Returns whether the members can be reached.
    pub(super) fn reach(&self) -> RouteState {
        match self.link {
            LinkState::Open => RouteState::Open,
            LinkState::Closed | LinkState::Connecting(_) | LinkState::Reconnecting(_) => RouteState::Soon,
            LinkState::Unreachable | LinkState::GivenUp => RouteState::Lost,
        }
    }
}

/// The connection.
impl MemberSession {
    /// Events are published for its members. Returns whether a connection is to be opened.
    pub(super) fn connect(&mut self) -> bool {
        self.used = true;
        match self.link {
            LinkState::Closed => self.link = LinkState::Connecting(Timer::Started(RECONNECT_GRACE)),
            LinkState::GivenUp => self.link = LinkState::Unreachable,
            _ => return false,
        }
        true
    }

    /// Begins another attempt to connect, and returns the number of the connection. Earlier ones write nothing any more.
    pub(super) fn begin(&mut self) -> u64 {
        self.connection += 1;
        self.connection
    }

    /// The connection is open.
    pub(super) fn connected(&mut self) {
        self.reset(LinkState::Open);
    }

    /// The connection is no more, or could not be opened. Returns what was on it.
    ///
    /// One that broke has a while to open again; one that is refused has none.
    pub(super) fn disconnected(&mut self, how: Disconnected) -> Vec<SentEvents> {
        let link = match (how, self.link) {
            (Disconnected::Closed, _) => LinkState::Connecting(Timer::Started(RECONNECT_GRACE)),
            (_, LinkState::Open) => LinkState::Reconnecting(Timer::Started(RECONNECT_GRACE)),
            (_, LinkState::Reconnecting(timer)) => LinkState::Reconnecting(timer),
            _ => LinkState::Unreachable,
        };
        self.reset(link);
        std::mem::take(&mut self.in_flight).into_values().collect()
    }

    /// Decides whether a connection that ended is opened again: if events wait for it, or were published for it lately.
    pub(super) fn reconnect(&mut self, is_awaited: bool) -> bool {
        if is_awaited || std::mem::take(&mut self.used) {
            return true;
        }
        self.link = if self.reach() == RouteState::Lost { LinkState::GivenUp } else { LinkState::Closed };
        false
    }

    /// Asks for a heartbeat, unless the connection has been of no use for long. Returns whether it is to stay open.
    pub(super) fn heartbeat(&mut self) -> bool {
        let is_used = std::mem::take(&mut self.used) || !self.in_flight.is_empty();
        self.idle_heartbeats = if is_used { 0 } else { self.idle_heartbeats + 1 };
        self.heartbeat_due = self.idle_heartbeats < MAX_IDLE_HEARTBEATS;
        self.heartbeat_due
    }

    /// Tells the time. Returns whether keys do not wait for the connection any more.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        let is_late = match &mut self.link {
            LinkState::Connecting(timer) | LinkState::Reconnecting(timer) => timer.tick(now),
            _ => false,
        };
        if is_late {
            self.link = LinkState::Unreachable;
        }
        is_late
    }

    /// Returns when it wants to be told the time.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.link {
            LinkState::Connecting(timer) | LinkState::Reconnecting(timer) => timer.deadline(),
            _ => None,
        }
    }

    /// Begins anew, with nothing written.
    fn reset(&mut self, link: LinkState) {
        self.outgoing.clear();
        self.unacked.clear();
        (self.link, self.received, self.idle_heartbeats) = (link, 0, 0);
        // The writer stays: it may wait since before the other side has answered.
        self.heartbeat_due = false;
    }
}

/// Events.
impl MemberSession {
    /// Takes an event to be sent. Returns whether the writer is to be woken.
    pub(super) fn send(&mut self, in_flight: SentEvents) -> bool {
        let number = in_flight.pending.number;
        self.outgoing.push_back(number);
        self.in_flight.insert(number, in_flight);
        self.take_writer()
    }

    /// Returns whether the writer waits, and is to be woken.
    pub(super) fn take_writer(&mut self) -> bool {
        std::mem::take(&mut self.writer_waits)
    }

    /// Takes the next events to be written on a connection, as far as they share a message.
    pub(super) fn next_batch(&mut self, connection: u64) -> Write {
        if connection != self.connection {
            return Write::End;
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(number) = self.outgoing.front().copied() {
            let Some(in_flight) = self.in_flight.get_mut(&number) else {
                self.outgoing.pop_front();
                continue;
            };
            let event = &in_flight.pending.event;
            bytes += event.size();
            if !batch.is_empty() && (bytes > MAX_BATCH_BYTES || batch.len() == MAX_BATCH_EVENTS) {
                break;
            }
            self.outgoing.pop_front();
            self.unacked.push_back(number);
            in_flight.stage = SendStage::Sent;
            let (subscription, epoch, attempt) = (in_flight.subscription, in_flight.epoch, in_flight.pending.attempt);
            let entry = BatchEntry { number, subscription, attempt, epoch, event: bytes::Bytes::new() };
            batch.push((entry, event.clone()));
        }
        if batch.is_empty() && !std::mem::take(&mut self.heartbeat_due) {
            self.writer_waits = true;
            return Write::Wait;
        }
        Write::Batch(batch)
    }

    /// The other side has looked at so many events since the connection was opened: those that it has not returned are
    /// accepted. Returns what their publishers waited for.
    pub(super) fn received(&mut self, received: u64) -> impl Iterator<Item = EventCompletionGuard> {
        std::iter::from_fn(move || {
            while self.received < received {
                let number = self.unacked.pop_front()?;
                self.received += 1;
                let Some(in_flight) = self.in_flight.get_mut(&number) else { continue };
                if in_flight.stage == SendStage::Sent {
                    in_flight.stage = SendStage::Accepted;
                    if let Some(guard) = in_flight.pending.completion.take() {
                        return Some(guard);
                    }
                }
            }
            None
        })
    }

    /// Returns the number of events the peer has processed since the connection was opened.
    pub(super) fn received_count(&self) -> u64 {
        self.received
    }

    /// Returns the number of events the peer will have processed once it has processed everything sent or queued.
    pub(super) fn sent(&self) -> u64 {
        self.received + (self.unacked.len() + self.outgoing.len()) as u64
    }

    /// Takes an event that the other side has settled or returned.
    pub(super) fn take(&mut self, number: u64) -> Option<SentEvents> {
        self.in_flight.remove(&number)
    }

    /// An event that the other side keeps.
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut SentEvents> {
        self.in_flight.get_mut(&number)
    }

    /// Takes the largest of the events that were sent and not looked at: the other side takes none of that size.
    pub(super) fn take_largest_unacked(&mut self) -> Option<SentEvents> {
        let unacked = self.unacked.iter().filter_map(|number| self.in_flight.get(number));
        let largest = unacked.max_by_key(|in_flight| in_flight.pending.event.size())?.pending.number;
        self.take(largest)
    }

    /// Returns `true` if there are events that the peer has not accepted.
    pub(super) fn has_unaccepted(&self) -> bool {
        self.in_flight.values().any(|in_flight| matches!(in_flight.stage, SendStage::Queued | SendStage::Sent))
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> u64 {
        self.connection
    }

    #[cfg(test)]
    pub(super) fn in_flight(&self) -> impl Iterator<Item = &SentEvents> {
        self.in_flight.values()
    }

    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        self.link == LinkState::Open
    }

    #[cfg(test)]
    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.link, LinkState::Connecting(_) | LinkState::Reconnecting(_) | LinkState::Unreachable)
    }
}
