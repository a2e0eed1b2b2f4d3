//! Tasks that carry the context of the call that starts them.

use std::fmt;

use tokio::task::{AbortHandle, JoinError, JoinHandle};

use super::Context;
use crate::util::spawn;

/// Spawns a task that carries the current context: its deadline and trace apply to the calls it makes.
///
/// As with tokio, dropping the handle detaches the task: it runs to its end, also after the call that started it was
/// answered or cancelled. Wait for [`Context::cancelled`] inside it where it should end with the call, or use a [`JoinSet`],
/// which aborts its tasks when it is dropped. A shutdown does not wait for detached tasks.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use micro::Context;
///
/// let task = micro::spawn(async { Context::current().deadline() });
/// assert_eq!(task.await.unwrap(), None);
/// # }
/// ```
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    spawn::detached(Context::current().scope(future))
}

/// A set of tasks that end with it: each carries the context it was spawned in, and all are aborted when the set is dropped.
///
/// A handler that keeps its tasks in a `JoinSet` leaves none behind when its caller gives up.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mut lookups = micro::JoinSet::new();
/// for shard in 0..4 {
///     lookups.spawn(async move { shard * 10 });
/// }
/// let mut found = lookups.join_all().await;
/// found.sort();
/// assert_eq!(found, [0, 10, 20, 30]);
/// # }
/// ```
pub struct JoinSet<T>(tokio::task::JoinSet<T>);

impl<T: Send + 'static> JoinSet<T> {
    /// Creates an empty set.
    pub fn new() -> Self {
        JoinSet(tokio::task::JoinSet::new())
    }

    /// Spawns a task that carries the current context.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn spawn(&mut self, future: impl Future<Output = T> + Send + 'static) -> AbortHandle {
        self.0.spawn(Context::current().scope(future))
    }

    /// Waits for the next task to end; `None` when the set is empty.
    ///
    /// Cancel safe: when the future is dropped, no task is lost.
    ///
    /// # Errors
    ///
    /// [`JoinError`] when that task panicked or was aborted.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.0.join_next().await
    }

    /// Waits for all tasks and returns what they returned, in the order in which they ended.
    ///
    /// Dropping the future aborts the tasks that are left.
    ///
    /// # Panics
    ///
    /// When a task panicked.
    pub async fn join_all(self) -> Vec<T> {
        self.0.join_all().await
    }
}

impl<T: 'static> JoinSet<T> {
    /// Returns the number of tasks that were not joined yet.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the set has no tasks.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Aborts all tasks; [`join_next`](Self::join_next) still returns them.
    pub fn abort_all(&mut self) {
        self.0.abort_all();
    }
}

impl<T: Send + 'static> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: 'static> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    fn with_deadline() -> Context {
        Context::new().with_timeout(Duration::from_secs(1))
    }

    fn has_deadline() -> bool {
        Context::current().deadline().is_some()
    }

    #[tokio::test]
    async fn a_task_outlives_its_handle_and_keeps_the_context() {
        let (go, gone) = oneshot::channel::<()>();
        let (done, result) = oneshot::channel();
        with_deadline()
            .scope(async {
                drop(spawn(async {
                    gone.await.expect("sent below");
                    done.send(has_deadline()).expect("awaited below");
                }));
            })
            .await;
        tokio::task::yield_now().await;
        go.send(()).expect("the task still waits");
        assert_eq!(result.await, Ok(true));
    }

    #[tokio::test]
    async fn a_set_ends_its_tasks_and_gives_them_the_context() {
        let (held, dropped) = oneshot::channel::<()>();
        let mut tasks = JoinSet::new();
        with_deadline().scope(async { tasks.spawn(async { has_deadline() }) }).await;
        assert!(tasks.join_next().await.expect("one was spawned").expect("it did not panic"));
        tasks.spawn(async {
            let _held = held;
            pending().await
        });
        tokio::task::yield_now().await;
        assert_eq!(tasks.len(), 1);
        drop(tasks);
        assert!(dropped.await.is_err(), "the task was dropped and its sender with it");
    }
}
