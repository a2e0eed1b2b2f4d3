//! The driver: owns the outbox and the subscriptions of a process, and performs their effects.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Cx, Poll, Waker};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::ack_queue::AckQueue;
use super::advertise::Advertiser;
use super::contract::{AckBatch, BatchEntry, EventBatch};
use super::inbox::Report;
use super::local_subscription::{EventOrigin, LocalSubscription};
use super::local_subscriptions::LocalSubscriptions;
use super::outbox::{Disconnected, Effect, Full, Handover, Notice, Outbox, Write};
use super::outcome::{EventId, EventOutcome, PublisherGone, Rejected};
use super::pending::EventCompletion;
use crate::broker::{Event, Settlement, Subscription};
use crate::errors::Result;
use crate::registry::{LeaseOptions, Node};
use crate::util::clock::{self, Instant};
use crate::util::random;
use crate::util::spawn::Task;

/// The published and subscribed events of a process.
pub(super) struct Driver {
    publishing: Mutex<Publishing>,
    closed: AtomicBool,
    /// Notified when the event loop has work to do.
    work: Notify,
    /// Notified when events were accepted or settled.
    progress: Notify,
    local: Mutex<LocalSubscriptions>,
    advertiser: Advertiser,
}

/// The outbox, and the state its effects need.
struct Publishing {
    outbox: Outbox,
    /// Subscriptions of this process that accept events.
    local: HashMap<u64, Arc<LocalSubscription>>,
    connections: HashMap<u64, PeerConnection>,
    /// Connections to be opened by the event loop.
    connects: Vec<(u64, Arc<Node>)>,
    /// Notified when there may be space in a group.
    room: HashMap<u64, Arc<Notify>>,
}

/// The connection of a session.
#[derive(Default)]
struct PeerConnection {
    /// Waker of the writer, if it waits.
    writer: Option<Waker>,
    task: Option<Task<()>>,
}

/// Work done once the lock is released.
#[derive(Default)]
struct Deferred {
    wakers: Vec<Waker>,
    ended: Vec<PeerConnection>,
    room: Vec<Arc<Notify>>,
    work: bool,
}

/// Error: a group has no space for an event.
pub(super) struct BlockedPublisher {
    /// Description of the group, for error messages.
    pub(super) what: String,
    /// Completes when there may be space.
    pub(super) room: OwnedNotified,
}

impl Driver {
    pub(super) fn new() -> Arc<Self> {
        let publishing = Publishing {
            outbox: Outbox::new(random::u64() | 1),
            local: HashMap::new(),
            connections: HashMap::new(),
            connects: Vec::new(),
            room: HashMap::new(),
        };
        Arc::new(Driver {
            publishing: Mutex::new(publishing),
            closed: AtomicBool::new(false),
            work: Notify::new(),
            progress: Notify::new(),
            local: Mutex::default(),
            advertiser: Advertiser::new(),
        })
    }

    pub(super) fn advertiser(&self) -> &Advertiser {
        &self.advertiser
    }

    fn with<T>(&self, act: impl FnOnce(&mut Outbox) -> T) -> T {
        self.locked(|publishing, deferred| {
            let done = act(&mut publishing.outbox);
            publishing.perform(deferred);
            done
        })
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Publishing, &mut Deferred) -> T) -> T {
        let mut deferred = Deferred::default();
        let done = act(&mut self.publishing.lock().unwrap_or_else(PoisonError::into_inner), &mut deferred);
        if deferred.work {
            self.work.notify_one();
        }
        deferred.room.iter().for_each(|room| room.notify_waiters());
        deferred.wakers.into_iter().for_each(Waker::wake);
        done
    }

    fn local(&self) -> MutexGuard<'_, LocalSubscriptions> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publishing {
    /// Performs the pending effects of the outbox.
    fn perform(&mut self, deferred: &mut Deferred) {
        while let Some(effect) = self.outbox.poll_effect() {
            match effect {
                Effect::Deliver(handover) => self.deliver(handover, &mut deferred.wakers),
                Effect::Connect { session, node } => self.connects.push((session, node)),
                Effect::Disconnect { session } => deferred.ended.extend(self.connections.remove(&session)),
                Effect::Write { session } => {
                    let connection = self.connections.get_mut(&session);
                    deferred.wakers.extend(connection.and_then(|connection| connection.writer.take()));
                }
                Effect::Room { group } => deferred.room.extend(self.room.remove(&group)),
                Effect::Complete(guard) => drop(guard),
                Effect::Tick => deferred.work = true,
                Effect::Notice(notice) => log(&notice),
            }
        }
    }

    fn deliver(&mut self, handover: Handover, wakers: &mut Vec<Waker>) {
        let id = EventId { publisher: self.outbox.publisher(), number: handover.number };
        let event = || handover.event.event().clone();
        let accepted = match self.local.get(&handover.subscription) {
            Some(subscription) => subscription.accept(id, handover.attempt, EventOrigin::Local, event, wakers),
            None => Err(Rejected::Closed),
        };
        if let Err(why) = accepted {
            self.outbox.reject(handover, why);
        }
    }
}

/// Publishing.
impl Driver {
    /// Adds as many events as there is space for, and removes them from `events`.
    pub(super) fn publish(
        &self,
        events: &mut &[Event],
        completion: &Arc<EventCompletion>,
    ) -> Result<(), BlockedPublisher> {
        self.locked(|publishing, deferred| {
            let mut last = None;
            while let Some((event, rest)) = events.split_first() {
                if last != Some(&event.topic) {
                    publishing.outbox.connect(&event.topic);
                }
                last = Some(&event.topic);
                let published = publishing.outbox.publish(event, completion);
                // Created under the lock, so that no notification is missed.
                let blocked = published.map_err(|Full { group, what }| {
                    let room = publishing.room.entry(group).or_default().clone().notified_owned();
                    BlockedPublisher { what, room }
                });
                publishing.perform(deferred);
                blocked?;
                *events = rest;
            }
            Ok(())
        })
    }

    /// Logs a warning for every group that does not keep up, once per group.
    pub(super) fn report_backlog(&self) {
        self.with(Outbox::report_backlog);
    }

    /// Waits until all events are accepted by other processes or settled.
    pub(super) async fn flushed(&self) {
        loop {
            let progress = self.progress.notified();
            if !self.with(|outbox| outbox.has_unflushed()) {
                return;
            }
            progress.await;
        }
    }

    /// Closes all connections and drops the events in flight on them.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.with(Outbox::close);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Passes the nodes of the registry to the outbox.
    pub(super) fn sync(&self, revision: u64, nodes: &[Arc<Node>]) {
        self.with(|outbox| outbox.sync(revision, nodes));
    }
}

/// The event loop.
impl Driver {
    /// Waits until there is work to do.
    pub(super) async fn work(&self) {
        self.work.notified().await;
    }

    /// Advances the outbox to the current time. Returns the next deadline.
    pub(super) fn tick(&self) -> Option<Instant> {
        let now = clock::now();
        self.with(|outbox| outbox.tick(now));
        self.with(|outbox| outbox.deadline(now))
    }

    /// Takes the sessions that need a connection.
    pub(super) fn take_connects(&self) -> Vec<(u64, Arc<Node>)> {
        self.locked(|publishing, _| std::mem::take(&mut publishing.connects))
    }

    /// Stores the connection task of a session.
    pub(super) fn connecting(&self, session: u64, task: Task<()>) {
        let ended = self.locked(|publishing, _| {
            if !publishing.outbox.has_session(session) {
                return Some(task);
            }
            publishing.connections.entry(session).or_default().task.replace(task)
        });
        drop(ended);
    }
}

/// Connections to other processes.
impl Driver {
    /// Starts another attempt to connect. Returns the number of the connection and its first message.
    pub(super) fn begin(&self, session: u64) -> Option<(u64, EventBatch)> {
        let publisher = self.with(|outbox| Some((outbox.begin(session)?, outbox.publisher())));
        publisher.map(|(connection, publisher)| (connection, EventBatch { publisher, entries: Vec::new() }))
    }

    pub(super) fn connected(&self, session: u64) {
        self.with(|outbox| outbox.connected(session));
    }

    /// Takes the next batch to write on a connection.
    pub(super) fn poll_batch(&self, session: u64, connection: u64, cx: &Cx<'_>) -> Poll<Option<EventBatch>> {
        let (publisher, write) = self.locked(|publishing, _| {
            let write = publishing.outbox.next_batch(session, connection);
            if let Write::Wait = write {
                publishing.connections.entry(session).or_default().writer = Some(cx.waker().clone());
            }
            (publishing.outbox.publisher(), write)
        });
        match write {
            Write::Wait => Poll::Pending,
            Write::End => Poll::Ready(None),
            // Encoded outside the lock.
            Write::Batch(batch) => {
                let entries = batch.into_iter().map(|(entry, event)| BatchEntry { event: event.encoded(), ..entry });
                Poll::Ready(Some(EventBatch { publisher, entries: entries.collect() }))
            }
        }
    }

    /// Handles outcomes reported by the peer. Returns `true` if the connection is still needed.
    pub(super) fn receive(&self, session: u64, batch: AckBatch) -> bool {
        let is_wanted = self.with(|outbox| outbox.receive(session, batch));
        self.progress.notify_waiters();
        is_wanted
    }

    /// Handles an idle connection. Returns `true` if it is to stay open.
    pub(super) fn heartbeat(&self, session: u64) -> bool {
        self.with(|outbox| outbox.heartbeat(session))
    }

    /// Handles the end of a connection, or a failed attempt to open one. Returns `true` to reconnect.
    pub(super) fn disconnected(&self, session: u64, how: Disconnected) -> bool {
        self.with(|outbox| outbox.disconnected(session, how));
        let reconnects = self.with(|outbox| outbox.reconnect(session));
        self.progress.notify_waiters();
        reconnects
    }
}

/// Subscriptions of this process.
impl Driver {
    /// Sets the node under which this process is reachable. Returns `true` if there was none.
    pub(super) fn listen(&self, node: Node, ttl: LeaseOptions) -> bool {
        self.with(|outbox| outbox.set_own(&node.id));
        let mut local = self.local();
        let is_first = local.listen(node, ttl);
        self.advertiser.set(local.advertised());
        is_first
    }

    /// Adds a subscription. Returns it with the revision of the advertisement that lists it.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) if this process is not reachable, or is leaving.
    pub(super) fn subscribe(&self, asked: &Subscription) -> Result<(Arc<LocalSubscription>, u64)> {
        let mut local = self.local();
        let subscription = local.open(random::u64(), asked)?;
        let revision = self.advertiser.set(local.advertised());
        drop(local);
        let advertisement = subscription.advertisement();
        self.locked(|publishing, deferred| {
            publishing.local.insert(advertisement.subscription, subscription.clone());
            publishing.outbox.join(advertisement);
            publishing.perform(deferred);
        });
        Ok((subscription, revision))
    }

    /// Ends a subscription. Events held by its subscriber are still settled.
    pub(super) fn unsubscribe(&self, subscription: &LocalSubscription) {
        let mut local = self.local();
        local.close(subscription.advertisement().subscription);
        self.advertiser.set(local.advertised());
        drop(local);
        self.stop(subscription);
        subscription.drain().into_iter().for_each(|report| self.report(subscription, report));
    }

    /// Stops accepting events. Queue events not held by a subscriber move to other processes. Returns the revision of the
    /// advertisement that no longer lists this process.
    pub(super) fn leave(&self) -> u64 {
        let mut local = self.local();
        let (subscriptions, publishers) = local.leave();
        let revision = self.advertiser.set(None);
        drop(local);
        for subscription in subscriptions {
            self.stop(&subscription);
            if subscription.advertisement().queue.is_some() {
                subscription.drain().into_iter().for_each(|report| self.report(&subscription, report));
            }
        }
        publishers.iter().for_each(|publisher| publisher.leave());
        revision
    }

    /// Settles an event on behalf of the subscriber.
    pub(super) fn settle(&self, subscription: &LocalSubscription, id: EventId, ended: Settlement) {
        let (report, reader) = subscription.settle(id, ended);
        if let Some(report) = report {
            self.report(subscription, report);
        }
        reader.into_iter().for_each(Waker::wake);
    }

    pub(super) fn subscription(&self, id: u64) -> Option<Arc<LocalSubscription>> {
        self.local().get(id)
    }

    /// Connects another publisher.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::Code::Unavailable) if this process is leaving, or has too many publishers.
    pub(super) fn connect_publisher(&self) -> Result<Arc<AckQueue>> {
        self.local().connect()
    }

    /// Returns the id of this process's node.
    pub(super) fn node(&self) -> Option<String> {
        self.local().node().map(str::to_owned)
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.local().waiting()
    }

    #[cfg(test)]
    pub(super) fn publishers(&self) -> usize {
        self.local().publishers()
    }

    fn stop(&self, subscription: &LocalSubscription) {
        let id = subscription.advertisement().subscription;
        subscription.close();
        self.with(|outbox| outbox.leave(id));
        self.locked(|publishing, _| publishing.local.remove(&id));
    }

    /// Reports the outcome of an event to its publisher. An event that cannot be returned is taken over.
    fn report(&self, subscription: &LocalSubscription, report: Report<EventOrigin>) {
        let Report { origin, number, outcome, released } = report;
        let reported = match origin {
            EventOrigin::Local => {
                self.with(|outbox| outbox.settle(number, outcome));
                self.progress.notify_waiters();
                Ok(())
            }
            EventOrigin::Remote(acks) => acks.settle(number, outcome),
        };
        let (Err(PublisherGone), EventOutcome::Reroute { attempt }, Some(event)) = (reported, outcome, released) else {
            return;
        };
        if !self.with(|outbox| outbox.take_over(subscription.advertisement(), &event, attempt)) {
            let (topic, id) = (event.topic.as_str(), &event.id);
            tracing::debug!(topic, id, "event dropped: its publisher is gone, and no other subscriber is in its queue");
        }
    }
}

fn log(notice: &Notice) {
    match notice {
        Notice::Behind { group, waiting } => {
            tracing::warn!(waiting, "{group} accepts no events for now; they are buffered in this process");
        }
        Notice::Overflow { group } => tracing::error!("{group} has no members and a full buffer: events are lost"),
        Notice::Refused { group, topic, id } => {
            tracing::error!(topic, id, "{group} rejected an event: the event is lost")
        }
        Notice::Expired { group, lost } => {
            tracing::warn!(lost, "no subscriber has rejoined {group}: its events are dropped");
        }
        Notice::Left { group, lost } => tracing::debug!(lost, "{group} has left: its waiting events are dropped"),
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("node", &self.node()).finish_non_exhaustive()
    }
}
