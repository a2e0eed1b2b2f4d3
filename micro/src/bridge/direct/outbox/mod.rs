//! Unsettled events of a publisher: a state machine.
//!
//! Each queue is a [`Group`](group::Group), and so is each subscriber without one. A published event becomes a pending event in
//! every group that matches its topic. A group sends events to its members, to each as many as it has slots, and keeps the
//! others. An event held by a member is in flight until the member settles it; if the member is gone, another receives the event.
//! Members in other processes are reached through a [`MemberSession`](session::MemberSession) with their process.
//!
//! [`Outbox`](machine::Outbox) combines the parts. Its methods take inputs and update the state; the resulting effects are
//! returned one by one by [`poll_effect`](machine::Outbox::poll_effect). This module neither waits, locks, reads the clock nor
//! performs I/O.
//!
//! - `effect`, `route`, `in_flight`, `changes`: values exchanged by the parts
//! - `membership`: the processes listed in the registry
//! - `partitions`, `member`, `group`, `groups`: assignment of events
//! - `session`, `sessions`: events to send to a process, and events in flight there
//! - `machine`: the outbox itself

mod changes;
mod effect;
mod group;
mod groups;
mod in_flight;
mod machine;
mod member;
mod membership;
mod partitions;
mod route;
mod session;
mod sessions;
#[cfg(test)]
mod tests;

pub(super) use effect::{Effect, Handover, Notice};
pub(super) use machine::{Full, Outbox};
pub(super) use session::{Disconnected, Write};
