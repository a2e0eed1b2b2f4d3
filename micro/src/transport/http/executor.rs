//! Executor for hyper's tasks.

use std::future::Future;

use crate::util::spawn;

/// Runs what belongs to a connection. Such a task ends with its connection, which has an owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Executor;

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn execute(&self, future: F) {
        spawn::spawn(future).detach();
    }
}
