//! All who have events in flight: the sessions with other processes, and this process itself.

use std::collections::HashMap;

use super::effect::Handover;
use super::in_flight::InFlight;
use super::route::{Reach, Route};
use super::session::Session;
use crate::util::clock::Instant;

/// The sessions by their numbers, and the events in flight with subscriptions of this process.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    remote: HashMap<u64, Session>,
    local: HashMap<u64, InFlight>,
}

/// Where an assigned event has gone.
#[derive(Debug)]
pub(super) enum Sent {
    /// To a subscription of this process.
    Local(Handover),
    /// To a session, whose writer is to be woken or not.
    Session { session: u64, wakes_writer: bool },
    /// Nowhere: there is no such session.
    Lost { session: u64, in_flight: InFlight },
}

impl Sessions {
    pub(super) fn insert(&mut self, id: u64, session: Session) {
        self.remote.insert(id, session);
    }

    pub(super) fn get(&self, id: u64) -> Option<&Session> {
        self.remote.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Session> {
        self.remote.get_mut(&id)
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Session> {
        self.remote.remove(&id)
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Session)> {
        self.remote.iter().map(|(id, session)| (*id, session))
    }

    /// Removes all sessions, and returns their numbers.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = u64> + use<> {
        std::mem::take(&mut self.remote).into_keys()
    }

    /// Whether a member can be reached.
    pub(super) fn reach(&self, route: Route) -> Reach {
        match route {
            Route::Local => Reach::Open,
            Route::Session(session) => self.get(session).map_or(Reach::Lost, Session::reach),
        }
    }

    /// Hands an event to where its member is.
    pub(super) fn send(&mut self, mut in_flight: InFlight, route: Route) -> Sent {
        match route {
            Route::Local => {
                let handover = Handover {
                    subscription: in_flight.subscription,
                    number: in_flight.pending.number,
                    event: in_flight.pending.event.clone(),
                    attempt: in_flight.pending.attempt,
                    completion: in_flight.pending.completion.take(),
                };
                self.local.insert(handover.number, in_flight);
                Sent::Local(handover)
            }
            Route::Session(session) => match self.get_mut(session) {
                Some(open) => Sent::Session { session, wakes_writer: open.send(in_flight) },
                None => Sent::Lost { session, in_flight },
            },
        }
    }

    /// Takes an event from where it is in flight, and nowhere else. Returns with it how many events its session has sent.
    pub(super) fn take(&mut self, from: Route, number: u64) -> Option<(InFlight, u64)> {
        match from {
            Route::Local => Some((self.local.remove(&number)?, 0)),
            Route::Session(session) => {
                let session = self.get_mut(session)?;
                Some((session.take(number)?, session.sent()))
            }
        }
    }

    /// An event that stays where it is in flight.
    pub(super) fn in_flight(&mut self, with: Route, number: u64) -> Option<&mut InFlight> {
        match with {
            Route::Local => self.local.get_mut(&number),
            Route::Session(session) => self.get_mut(session)?.get_mut(number),
        }
    }

    /// Whether events are in flight that no other process has.
    pub(super) fn has_unflushed(&self) -> bool {
        !self.local.is_empty() || self.remote.values().any(Session::has_unaccepted)
    }

    /// Tells the time. Returns the sessions that keys do not wait for any more.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<u64> {
        let sessions = self.remote.iter_mut();
        sessions.filter_map(|(id, session)| session.tick(now).then_some(*id)).collect()
    }

    /// Returns when it wants to be told the time.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.remote.values().filter_map(Session::deadline).min()
    }

    #[cfg(test)]
    pub(super) fn local(&self) -> impl Iterator<Item = &InFlight> {
        self.local.values()
    }
}
