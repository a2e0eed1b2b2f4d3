//! Tasks, through one door, each with an owner.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::{AbortHandle, JoinError, JoinHandle};

/// Runs `future` beside the caller, for as long as the returned handle lives.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
    let handle = tokio::spawn(future);
    Task { abort: handle.abort_handle(), handle, on_drop: OnDrop::Abort }
}

/// Runs `future` to its end, whether the returned handle is kept or not: for tasks that belong to the user's code.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn detached<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(future)
}

/// Runs `work`, which blocks, on a thread for blocking work.
///
/// # Errors
///
/// [`Ended`] when `work` panics.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Ended> {
    tokio::task::spawn_blocking(work).await.map_err(Ended)
}

/// Runs `work` on a thread of its own, which a shutdown does not wait for.
///
/// # Errors
///
/// When the operating system has no thread to give.
pub fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// A task that gave no result, because it panicked or was ended.
#[derive(Debug)]
pub struct Ended(JoinError);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_panic() { "a task panicked" } else { "a task was ended" })
    }
}

impl std::error::Error for Ended {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// The owner's handle of a spawned task: dropping it ends the task, awaiting it gives its result.
#[derive(Debug)]
#[must_use = "dropping the handle ends the task"]
pub struct Task<T> {
    handle: JoinHandle<T>,
    abort: AbortHandle,
    on_drop: OnDrop,
}

#[derive(Debug, PartialEq)]
enum OnDrop {
    Abort,
    Leave,
}

impl<T> Task<T> {
    /// Lets the task run on by itself: for tasks that end with something else, such as a connection.
    pub fn detach(mut self) {
        self.on_drop = OnDrop::Leave;
    }

    /// Returns `true` if the task has ended.
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Ended>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handle).poll(cx).map_err(Ended)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if self.on_drop == OnDrop::Abort {
            self.abort.abort();
        }
    }
}
