//! Events reported by the connections of sessions.

use super::Outbox;
use crate::bridge::direct::contract::AckBatch;
use crate::bridge::direct::outbox::effect::Effect;
use crate::bridge::direct::outbox::group::Group;
use crate::bridge::direct::outbox::route::MemberRoute;
use crate::bridge::direct::outbox::session::{Disconnected, MemberSession, Write};
use crate::bridge::direct::outcome::EventOutcome;

impl Outbox {
    /// Starts another attempt to connect a session. Returns the number of the connection.
    pub(in crate::bridge::direct) fn begin(&mut self, session: u64) -> Option<u64> {
        self.sessions.get_mut(session).map(MemberSession::begin)
    }

    pub(in crate::bridge::direct) fn has_session(&self, session: u64) -> bool {
        self.sessions.get(session).is_some()
    }

    /// Marks the connection of a session as open.
    pub(in crate::bridge::direct) fn connected(&mut self, session: u64) {
        if let Some(open) = self.sessions.get_mut(session) {
            open.connected();
            self.update_reach(session);
        }
    }

    /// Takes the next batch to write on a connection of a session.
    pub(in crate::bridge::direct) fn next_batch(&mut self, session: u64, connection: u64) -> Write {
        self.sessions.get_mut(session).map_or(Write::End, |session| session.next_batch(connection))
    }

    /// Handles outcomes reported by the peer of a session; affects only events in flight on that session. Returns `true` if the
    /// connection is still needed.
    pub(in crate::bridge::direct) fn receive(&mut self, session: u64, batch: AckBatch) -> bool {
        for number in batch.acks {
            self.settle_from(MemberRoute::MemberSession(session), number, EventOutcome::Acked);
        }
        for nack in batch.nacks {
            if let Some(outcome) = nack.outcome() {
                self.settle_from(MemberRoute::MemberSession(session), nack.number, outcome);
            }
        }
        let Some(session) = self.sessions.get_mut(session) else { return false };
        self.effects.extend(session.received(batch.received).map(Effect::Complete));
        session.is_wanted()
    }

    /// Handles an idle connection. Returns `true` if it is to stay open.
    pub(in crate::bridge::direct) fn heartbeat(&mut self, session: u64) -> bool {
        let Some(open) = self.sessions.get_mut(session) else { return false };
        let stays = open.heartbeat();
        if stays && open.take_writer() {
            self.effects.push_back(Effect::Write { session });
        }
        stays
    }

    /// Handles the end of a session's connection, or a failed attempt to open one. [`reconnect`](Self::reconnect) decides how to
    /// continue.
    pub(in crate::bridge::direct) fn disconnected(&mut self, session: u64, how: Disconnected) {
        if how == Disconnected::TooLarge
            && let Some(in_flight) = self.sessions.get_mut(session).and_then(MemberSession::take_largest_unacked)
        {
            self.settle_in_flight(in_flight, EventOutcome::Refused, 0);
        }
        let Some(ended) = self.sessions.get_mut(session) else { return };
        let returned = ended.disconnected(how);
        self.update_reach(session);
        self.take_back(returned);
        self.effects.push_back(Effect::Tick);
    }

    /// Returns `true` if a session without a connection is to reconnect. Must be called after all effects are performed: by then
    /// other members have the events they can take.
    pub(in crate::bridge::direct) fn reconnect(&mut self, session: u64) -> bool {
        let awaits = |group: &Group| group.is_waiting() && group.sessions().any(|other| other == session);
        let is_awaited = self.groups.iter().any(awaits);
        match self.sessions.get_mut(session) {
            Some(open) if open.is_listed() => open.reconnect(is_awaited),
            Some(_) => {
                self.remove_session(session);
                false
            }
            None => false,
        }
    }
}
