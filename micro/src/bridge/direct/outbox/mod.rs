//! The events that a publisher has not settled: a state machine.
//!
//! Each queue is a [`Group`](group::Group), and each subscriber without one. A published event becomes a pending one in every
//! group about its topic. A group gives its events to its members, each as many as it has places for, and keeps the others. An
//! event in the hands of a member is in flight until the member settles it, so that another can have it when that one is gone.
//! Members in other processes are reached by a [`MemberSession`](session::MemberSession) with their process.
//!
//! [`Outbox`](machine::Outbox) puts the parts together. Its methods take what has happened and change what is known; what is
//! to be done about that is asked for one by one, with [`poll_effect`](machine::Outbox::poll_effect). Nothing here waits, locks,
//! reads the clock or writes.
//!
//! - `effect`, `route`, `in_flight`, `changes`: the values that the parts exchange
//! - `membership`: the processes that the registry lists
//! - `partitions`, `member`, `group`, `groups`: who gets what
//! - `session`, `sessions`: what is sent to a process, and what it has
//! - `machine`: all of it together

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
