//! The calls that have tasks of their own.

use std::collections::HashMap;
use std::sync::Arc;

use crate::transport::native::id_hasher::BuildIdHasher;
use crate::transport::native::incoming::MessageInbox;
use crate::transport::native::outgoing::Credit;
use crate::util::spawn::Task;

/// The calls of a connection that have not been answered where they were read.
#[derive(Debug, Default)]
pub(super) struct InFlightCalls {
    open: HashMap<u32, InFlightCall, BuildIdHasher>,
    /// `true` if the connection waits for the last call to end.
    awaited: bool,
}

/// One of them. Dropping it drops the handler.
#[derive(Debug)]
pub(super) struct InFlightCall {
    task: Task<()>,
    pub(super) requests: Option<Arc<MessageInbox>>,
    pub(super) replies: Option<Arc<Credit>>,
}

impl InFlightCalls {
    /// Keeps the task of call `id`.
    pub(super) fn begin(&mut self, id: u32, task: Task<()>, requests: Option<Arc<MessageInbox>>) {
        self.open.insert(id, InFlightCall { task, requests, replies: None });
    }

    pub(super) fn get(&self, id: u32) -> Option<&InFlightCall> {
        self.open.get(&id)
    }

    /// Takes call `id` out, for its handler to be dropped.
    pub(super) fn cancel(&mut self, id: u32) -> Option<InFlightCall> {
        self.open.remove(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Returns `true` once all calls have ended, for a connection that waits for the last.
    pub(super) fn are_over(&mut self) -> bool {
        self.awaited = true;
        self.is_empty()
    }

    /// Returns `true` if the connection is to be notified when no call is left.
    pub(super) fn is_awaited(&self) -> bool {
        self.awaited && self.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// For the job itself, which has come to its end.
    pub(super) fn finish(&mut self, id: u32) {
        if let Some(call) = self.open.remove(&id) {
            call.task.detach();
        }
    }

    /// Answers call `id` with a stream.
    pub(super) fn sends(&mut self, id: u32, credit: &Arc<Credit>) {
        if let Some(call) = self.open.get_mut(&id) {
            call.replies = Some(credit.clone());
        }
    }

    /// Keeps no more room than it needs.
    pub(super) fn rest(&mut self) {
        self.open.shrink_to_fit();
    }

    pub(super) fn take(&mut self) -> Vec<InFlightCall> {
        self.open.drain().map(|(_, call)| call).collect()
    }
}
