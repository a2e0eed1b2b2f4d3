//! What was published and is not settled yet.
//!
//! Each queue has a lane, and each subscriber without a queue. A published event becomes a parcel in every lane that is about
//! it; a lane gives its parcels to its members, each as many as it has places for, and keeps what nobody takes. A parcel in
//! somebody's hands is kept until it is settled, so that somebody else can have it when they are gone.
//!
//! - `state`: all that is known, and what happens to events, without waiting
//! - `roster`: who is there, and the ways to them
//! - `lane`: a queue, or a subscriber without one
//! - `keyed`: what belongs to one of a queue by its key
//! - `link`: the way to a process with subscribers
//! - `parcel`: an event for one lane

mod keyed;
mod lane;
mod link;
mod parcel;
mod roster;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Cx, Poll};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::bounds::{BATCH, BATCH_BYTES};
use super::contract::{Addressed, Handover, Receipt, Why};
use super::inbox::Inbox;
use super::listed::Listed;
use crate::broker::{Event, Topic};
use crate::errors::{Code, Error};
use crate::registry::Node;
use crate::util::clock::{self, Instant};
use crate::util::random;
use crate::util::spawn::Task;

pub(super) use parcel::{Kept, Ticket, size};

use lane::To;
use link::Way;
use parcel::Stage;
use state::State;

/// The events of this process that are not settled.
pub(super) struct Outbox {
    state: Mutex<State>,
    closed: AtomicBool,
    /// Told when there is something for the keeper to do,
    keeper: Notify,
    /// and when something was taken or settled.
    fewer: Notify,
}

/// What became of an event that somebody had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is done with.
    Done,
    /// It will be delivered again where it is, as the delivery of that number, and takes nobody's place until then.
    Again(u32),
    /// Somebody else is to have it, as the delivery of that number.
    Elsewhere(u32),
    /// There was no room for it.
    Full,
    /// It is none.
    Refused,
}

/// Whether a link is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Wanted,
    Unwanted,
}

/// Who has no room, and when to try again.
pub(super) struct Full {
    pub(super) who: String,
    pub(super) room: OwnedNotified,
}

/// What is written next on a link.
struct Batch {
    publisher: u64,
    parcels: Vec<(Addressed, Arc<Kept>)>,
}

impl Outbox {
    pub(super) fn new() -> Self {
        let state = Mutex::new(State::new(random::u64() | 1));
        Outbox { state, closed: AtomicBool::new(false), keeper: Notify::new(), fewer: Notify::new() }
    }

    /// Adds as many events as there is room for, and takes them off `events`.
    pub(super) fn add(&self, events: &mut &[Event], ticket: &Arc<Ticket>) -> Result<(), Full> {
        self.with(|state| {
            let mut last: Option<&Topic> = None;
            while let Some((event, rest)) = events.split_first() {
                if last != Some(&event.topic) {
                    state.reach(&event.topic);
                }
                last = Some(&event.topic);
                state.add(event, ticket)?;
                *events = rest;
            }
            Ok(())
        })
    }

    /// Takes over an event whose publisher is gone and whose subscriber has left. Says whether it can.
    pub(super) fn adopt(&self, like: &Listed, event: &Event, attempt: u32) -> bool {
        self.with(|state| state.adopt(like, event, attempt))
    }

    /// Adds a subscription of this process.
    pub(super) fn join(&self, inbox: &Arc<Inbox>) {
        self.with(|state| state.join(inbox.listed(), To::Here(inbox.clone())));
    }

    /// Gives a subscription of this process nothing more.
    pub(super) fn leave(&self, subscription: u64) {
        self.with(|state| state.leave(subscription));
    }

    /// The subscriptions of this node are this process's own.
    pub(super) fn is_at(&self, node: &str) {
        self.with(|state| state.own = Some(node.to_owned()));
    }

    /// The registry lists these nodes.
    pub(super) fn sync(&self, edition: u64, nodes: &[Arc<Node>]) {
        self.with(|state| state.sync(edition, nodes));
    }

    /// Hears what became of an event from a subscription of this process.
    pub(super) fn settled(&self, number: u64, outcome: Outcome) {
        self.with(|state| {
            let lane = state.settle(None, number, outcome);
            state.look(lane.into_iter().collect());
        });
        self.fewer.notify_waiters();
    }

    /// Does what is due, and gives when there is more of that.
    pub(super) fn expire(&self) -> Option<Instant> {
        self.with(|state| state.expire(clock::now()))
    }

    /// Waits until the keeper has something to do.
    pub(super) async fn work(&self) {
        self.keeper.notified().await;
    }

    /// Says once of everybody who is behind that they are.
    pub(super) fn tell_behind(&self) {
        self.with(State::tell_behind);
    }

    /// Waits until everything is in the hands of other processes, or settled.
    pub(super) async fn flushed(&self) {
        loop {
            let fewer = self.fewer.notified();
            if !self.with(|state| state.owes()) {
                return;
            }
            fewer.await;
        }
    }

    /// Forgets all links, and what is on them with them.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.with(|state| {
            let tasks = state.links.drain().filter_map(|(_, link)| link.task);
            state.after.ended.extend(tasks);
        });
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let (done, after) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let done = act(&mut state);
            // Links to be opened stay: the keeper comes for them.
            let opening = std::mem::take(&mut state.after.opening);
            let after = std::mem::take(&mut state.after);
            state.after.opening = opening;
            (done, after)
        };
        after.wakers.into_iter().for_each(std::task::Waker::wake);
        drop(after.ended);
        if after.keeper {
            self.keeper.notify_one();
        }
        done
    }
}

/// What links do with it.
impl Outbox {
    /// The links that are to be opened, and the nodes they lead to.
    pub(super) fn opening(&self) -> Vec<(u64, Arc<Node>)> {
        self.with(|state| {
            let opening = std::mem::take(&mut state.after.opening);
            opening.into_iter().filter_map(|link| Some((link, state.links.get(&link)?.node.clone()))).collect()
        })
    }

    /// Somebody is at it.
    pub(super) fn begun(&self, link: u64, task: Task<()>) {
        self.with(|state| {
            let place = state.links.get_mut(&link).map(|link| &mut link.task);
            let before = match place {
                Some(place) => place.replace(task),
                None => Some(task),
            };
            state.after.ended.extend(before);
        });
    }

    /// Events can go over a link.
    pub(super) fn opened(&self, link: u64) {
        self.with(|state| {
            if let Some(open) = state.links.get_mut(&link) {
                open.reset(Way::Open);
                let lanes = state.reaches(link);
                state.look(lanes);
            }
        });
    }

    /// What is to be written on a link.
    pub(super) fn poll_write(&self, link: u64, cx: &Cx<'_>) -> Poll<Option<Handover>> {
        let batch = self.with(|state| {
            let publisher = state.publisher;
            let Some(link) = state.links.get_mut(&link) else { return Poll::Ready(None) };
            let mut batch = Batch { publisher, parcels: Vec::new() };
            let mut bytes = 0;
            while let Some(number) = link.outgoing.front().copied() {
                let Some(under) = state.under.get_mut(&number) else {
                    link.outgoing.pop_front();
                    continue;
                };
                bytes += size(&under.parcel.kept.event);
                if !batch.parcels.is_empty() && (bytes > BATCH_BYTES || batch.parcels.len() == BATCH) {
                    break;
                }
                link.outgoing.pop_front();
                link.unjudged.push_back(number);
                under.stage = Stage::Sent;
                let (attempt, round, subscription) = (under.parcel.attempt, under.round, under.subscription);
                let addressed = Addressed { number, subscription, attempt, round, event: bytes::Bytes::new() };
                batch.parcels.push((addressed, under.parcel.kept.clone()));
            }
            if batch.parcels.is_empty() && !std::mem::take(&mut link.beat) {
                link.writer = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(Some(batch))
        });
        // Written outside of the lock.
        batch.map(|batch| batch.map(Handover::from))
    }

    /// The first message on a link.
    pub(super) fn greeting(&self) -> Handover {
        Handover { publisher: self.with(|state| state.publisher), parcels: Vec::new() }
    }

    /// Hears from the other side of a link.
    pub(super) fn receive(&self, link: u64, receipt: Receipt) -> Use {
        let used = self.with(|state| {
            let mut lanes = Vec::with_capacity(4);
            let mut heard = |lane: Option<u64>| lanes.extend(lane.filter(|lane| lanes.last() != Some(lane)));
            for number in receipt.done {
                heard(state.settle(Some(link), number, Outcome::Done));
            }
            for returned in receipt.returned {
                // Nothing is delivered ever more often than it can be counted.
                let attempt = returned.attempt.clamp(1, u32::MAX - 1);
                let outcome = match returned.why {
                    Why::Elsewhere => Outcome::Elsewhere(attempt),
                    Why::Again => Outcome::Again(attempt),
                    Why::Full => Outcome::Full,
                    Why::Refused => Outcome::Refused,
                    Why::Unknown(_) => continue,
                };
                heard(state.settle(Some(link), returned.number, outcome));
            }
            state.judged(link, receipt.taken);
            state.look(lanes);
            state.links.get(&link).is_some_and(|link| link.listed || link.held > 0)
        });
        self.fewer.notify_waiters();
        if used { Use::Wanted } else { Use::Unwanted }
    }

    /// Says on a link that this process is still there, unless nobody needs it.
    pub(super) fn beat(&self, link: u64) -> Use {
        self.with(|state| {
            let Some(link) = state.links.get_mut(&link) else { return Use::Unwanted };
            if link.is_idle() {
                return Use::Unwanted;
            }
            link.beat = true;
            state.after.wakers.extend(link.writer.take());
            Use::Wanted
        })
    }

    /// A link is no more. Says whether to open it again.
    pub(super) fn ended(&self, link: u64, how: Result<(), &Error>) -> Use {
        let used = self.with(|state| {
            if matches!(how, Err(error) if error.code() == Code::ResourceExhausted) {
                state.drop_largest(link);
            }
            if let Some(down) = state.links.get_mut(&link) {
                down.is_down(how);
            }
            let lanes = state.reaches(link);
            state.take_back(link);
            state.look(lanes);
            let awaited = state.is_awaited(link);
            state.after.keeper = true;
            let Some(open) = state.links.get_mut(&link) else { return Use::Unwanted };
            let again = open.listed && (awaited || std::mem::take(&mut open.used));
            open.reset(if again { Way::Opening } else { Way::Closed });
            if !open.listed {
                let gone = state.links.remove(&link);
                state.after.ended.extend(gone.and_then(|link| link.task));
            }
            if again { Use::Wanted } else { Use::Unwanted }
        });
        self.fewer.notify_waiters();
        used
    }
}

impl From<Batch> for Handover {
    fn from(batch: Batch) -> Self {
        let parcels = batch.parcels.into_iter();
        let parcels = parcels.map(|(addressed, kept)| Addressed { event: kept.written(), ..addressed });
        Handover { publisher: batch.publisher, parcels: parcels.collect() }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lanes, links) = self.with(|state| (state.lanes.len(), state.links.len()));
        write!(f, "Outbox({lanes} lanes, {links} links)")
    }
}
