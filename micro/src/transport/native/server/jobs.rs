//! The calls that have tasks of their own.

use std::collections::HashMap;
use std::sync::Arc;

use crate::transport::native::ids::Ids;
use crate::transport::native::incoming::Inbox;
use crate::transport::native::outgoing::Credit;
use crate::util::spawn::Task;

/// The calls of a connection that have not been answered where they were read.
#[derive(Debug, Default)]
pub(super) struct Jobs(HashMap<u32, Job, Ids>);

/// One of them. Dropping it drops the handler.
#[derive(Debug)]
pub(super) struct Job {
    task: Task<()>,
    pub(super) requests: Option<Arc<Inbox>>,
    pub(super) replies: Option<Arc<Credit>>,
}

impl Jobs {
    /// Keeps the task of call `id`.
    pub(super) fn begin(&mut self, id: u32, task: Task<()>, requests: Option<Arc<Inbox>>) {
        self.0.insert(id, Job { task, requests, replies: None });
    }

    pub(super) fn get(&self, id: u32) -> Option<&Job> {
        self.0.get(&id)
    }

    /// Takes call `id` out, for its handler to be dropped.
    pub(super) fn cancel(&mut self, id: u32) -> Option<Job> {
        self.0.remove(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For the job itself, which has come to its end.
    pub(super) fn finish(&mut self, id: u32) {
        if let Some(job) = self.0.remove(&id) {
            job.task.detach();
        }
    }

    /// Answers call `id` with a stream.
    pub(super) fn sends(&mut self, id: u32, credit: &Arc<Credit>) {
        if let Some(job) = self.0.get_mut(&id) {
            job.replies = Some(credit.clone());
        }
    }

    pub(super) fn take(&mut self) -> Vec<Job> {
        self.0.drain().map(|(_, job)| job).collect()
    }
}
