//! Session with a subscribing process: events to send, and events in flight there.

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

/// A session with the process of a node. The connection may break and be reopened.
#[derive(Debug)]
pub(super) struct MemberSession {
    node: Arc<Node>,
    /// `true` if the registry lists the node.
    listed: bool,
    link: LinkState,
    /// Number of the current connection, starting at 1.
    connection: u64,
    /// Numbers of events to write, and of written events the peer has not processed yet, in order.
    outgoing: VecDeque<u64>,
    unacked: VecDeque<u64>,
    /// Number of events the peer has processed since the connection was opened.
    received: u64,
    /// Events the peer has to settle.
    in_flight: HashMap<u64, SentEvents>,
    /// `true` if events were recently published for the session, and the number of heartbeats without any.
    used: bool,
    idle_heartbeats: u32,
    heartbeat_due: bool,
    /// `true` if the writer waits for events to write.
    writer_waits: bool,
}

/// State of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkState {
    Closed,
    /// A task is connecting. Until the timer expires, the keys of the members wait.
    Connecting(Timer),
    /// A task is reconnecting after the connection broke. Failed attempts do not end the wait.
    Reconnecting(Timer),
    /// A task is connecting, and keys do not wait.
    Unreachable,
    /// The task has given up. Keys do not wait.
    GivenUp,
    Open,
}

/// Reason a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bridge::direct) enum Disconnected {
    /// Closed in an orderly way.
    Closed,
    /// Broken, or never opened.
    Failed,
    /// The peer does not accept a message of that size.
    TooLarge,
}

/// Next item to write.
#[derive(Debug)]
pub(in crate::bridge::direct) enum Write {
    /// Entries of a batch, and the event of each; empty for a heartbeat.
    Batch(Vec<(BatchEntry, Arc<StoredEvent>)>),
    /// No item for now.
    Wait,
    /// No more items: the connection no longer belongs to the session.
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

    /// Updates the node to its new registry entry.
    pub(super) fn set_node(&mut self, node: Arc<Node>) {
        self.node = node;
    }

    /// Marks the node as no longer listed. Returns `true` if the session is over: while it is open and events are in flight, the
    /// session stays, because those are still settled.
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

    /// Returns the reachability of the members.
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
    /// Records that events are published for the members. Returns `true` if a connection is to be opened.
    pub(super) fn connect(&mut self) -> bool {
        self.used = true;
        match self.link {
            LinkState::Closed => self.link = LinkState::Connecting(Timer::Started(RECONNECT_GRACE)),
            LinkState::GivenUp => self.link = LinkState::Unreachable,
            _ => return false,
        }
        true
    }

    /// Starts another attempt to connect, and returns the number of the connection. Earlier connections write no more events.
    pub(super) fn begin(&mut self) -> u64 {
        self.connection += 1;
        self.connection
    }

    /// Marks the connection as open.
    pub(super) fn connected(&mut self) {
        self.reset(LinkState::Open);
    }

    /// Handles the end of the connection, or a failed attempt to open one. Returns the events that were in flight.
    ///
    /// A broken connection has some time to reopen; a refused one has none.
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

    /// Returns `true` if a closed connection is to be reopened: if events wait for it, or were recently published for it.
    pub(super) fn reconnect(&mut self, is_awaited: bool) -> bool {
        if is_awaited || std::mem::take(&mut self.used) {
            return true;
        }
        self.link = if self.reach() == RouteState::Lost { LinkState::GivenUp } else { LinkState::Closed };
        false
    }

    /// Requests a heartbeat, unless the connection has been unused for long. Returns `true` if it is to stay open.
    pub(super) fn heartbeat(&mut self) -> bool {
        let is_used = std::mem::take(&mut self.used) || !self.in_flight.is_empty();
        self.idle_heartbeats = if is_used { 0 } else { self.idle_heartbeats + 1 };
        self.heartbeat_due = self.idle_heartbeats < MAX_IDLE_HEARTBEATS;
        self.heartbeat_due
    }

    /// Advances the timer to `now`. Returns `true` if keys no longer wait for the connection.
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

    /// Returns the next deadline.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.link {
            LinkState::Connecting(timer) | LinkState::Reconnecting(timer) => timer.deadline(),
            _ => None,
        }
    }

    /// Resets the session, with no events written.
    fn reset(&mut self, link: LinkState) {
        self.outgoing.clear();
        self.unacked.clear();
        (self.link, self.received, self.idle_heartbeats) = (link, 0, 0);
        // The writer is kept: it may have been waiting since before the peer responded.
        self.heartbeat_due = false;
    }
}

/// Events.
impl MemberSession {
    /// Queues an event. Returns `true` if the writer is to be woken.
    pub(super) fn send(&mut self, in_flight: SentEvents) -> bool {
        let number = in_flight.pending.number;
        self.outgoing.push_back(number);
        self.in_flight.insert(number, in_flight);
        self.take_writer()
    }

    /// Returns `true` if the writer is waiting and is to be woken.
    pub(super) fn take_writer(&mut self) -> bool {
        std::mem::take(&mut self.writer_waits)
    }

    /// Takes the next events to write on a connection, as many as fit into one message.
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

    /// Records the number of events the peer has processed since the connection was opened: those not returned are accepted.
    /// Returns the completions of accepted events.
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

    /// Takes an event the peer has settled or returned.
    pub(super) fn take(&mut self, number: u64) -> Option<SentEvents> {
        self.in_flight.remove(&number)
    }

    /// Returns an event in flight without removing it.
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut SentEvents> {
        self.in_flight.get_mut(&number)
    }

    /// Takes the largest event that was sent and not processed: the peer does not accept that size.
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
