//! Owners of events in flight: the sessions with other processes, and this process itself.

use std::collections::HashMap;

use super::effect::Handover;
use super::in_flight::SentEvents;
use super::route::{MemberRoute, RouteState};
use super::session::MemberSession;
use crate::util::clock::Instant;

/// Sessions by number, and the events in flight with subscriptions of this process.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    remote: HashMap<u64, MemberSession>,
    local: HashMap<u64, SentEvents>,
}

/// Destination of an assigned event.
#[derive(Debug)]
pub(super) enum Sent {
    /// A subscription of this process.
    Local(Handover),
    /// A session; `wakes_writer` is `true` if its writer is to be woken.
    MemberSession { session: u64, wakes_writer: bool },
    /// No destination: the session does not exist.
    Lost { session: u64, in_flight: SentEvents },
}

impl Sessions {
    pub(super) fn insert(&mut self, id: u64, session: MemberSession) {
        self.remote.insert(id, session);
    }

    pub(super) fn get(&self, id: u64) -> Option<&MemberSession> {
        self.remote.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut MemberSession> {
        self.remote.get_mut(&id)
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<MemberSession> {
        self.remote.remove(&id)
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &MemberSession)> {
        self.remote.iter().map(|(id, session)| (*id, session))
    }

    /// Removes all sessions and returns their numbers.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = u64> + use<> {
        std::mem::take(&mut self.remote).into_keys()
    }

    /// Returns the reachability of a member.
    pub(super) fn reach(&self, route: MemberRoute) -> RouteState {
        match route {
            MemberRoute::Local => RouteState::Open,
            MemberRoute::MemberSession(session) => self.get(session).map_or(RouteState::Lost, MemberSession::reach),
        }
    }

    /// Sends an event along the route of its member.
    pub(super) fn send(&mut self, mut in_flight: SentEvents, route: MemberRoute) -> Sent {
        match route {
            MemberRoute::Local => {
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
            MemberRoute::MemberSession(session) => match self.get_mut(session) {
                Some(open) => Sent::MemberSession { session, wakes_writer: open.send(in_flight) },
                None => Sent::Lost { session, in_flight },
            },
        }
    }

    /// Takes an event in flight on the given route. Returns the event, and the number of events its session has sent.
    pub(super) fn take(&mut self, from: MemberRoute, number: u64) -> Option<(SentEvents, u64)> {
        match from {
            MemberRoute::Local => Some((self.local.remove(&number)?, 0)),
            MemberRoute::MemberSession(session) => {
                let session = self.get_mut(session)?;
                Some((session.take(number)?, session.sent()))
            }
        }
    }

    /// Returns an event in flight without removing it.
    pub(super) fn in_flight(&mut self, with: MemberRoute, number: u64) -> Option<&mut SentEvents> {
        match with {
            MemberRoute::Local => self.local.get_mut(&number),
            MemberRoute::MemberSession(session) => self.get_mut(session)?.get_mut(number),
        }
    }

    /// Returns `true` if there are events in flight that no other process has accepted.
    pub(super) fn has_unflushed(&self) -> bool {
        !self.local.is_empty() || self.remote.values().any(MemberSession::has_unaccepted)
    }

    /// Advances the timers to `now`. Returns the sessions that keys no longer wait for.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<u64> {
        let sessions = self.remote.iter_mut();
        sessions.filter_map(|(id, session)| session.tick(now).then_some(*id)).collect()
    }

    /// Returns the next deadline.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.remote.values().filter_map(MemberSession::deadline).min()
    }

    #[cfg(test)]
    pub(super) fn local(&self) -> impl Iterator<Item = &SentEvents> {
        self.local.values()
    }
}
