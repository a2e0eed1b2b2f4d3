use std::fmt;
use std::ops::Deref;

use super::handle::Handle;
use super::hooks::{self, Hooks};
use super::serve::{Registered, ServerTask};
use super::stop::{self, Stop};
use super::subscribers::Subscribers;
use crate::bridge::Host;
use crate::errors::Result;
use crate::util::lifecycle::State;
use crate::util::spawn::Task;

/// A program that runs: it serves, and it can call. It is a [`Handle`] too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use axum::{Router, routing::get};
/// use micro::registry::Registry;
///
/// let routes = Router::new().route("/about", get(async || "a page of our own"));
/// let running = micro::app().registry(Registry::memory()).routes(routes).start().await?;
/// assert!(running.is_ready());
/// println!("http://{}/about", running.address().expect("it listens"));
/// running.stop().await?;
/// # Ok(()) }
/// ```
///
/// Dropping it closes its sockets at once and takes it off the registry in the background; [`stop`](Self::stop) lets calls
/// in flight finish.
pub struct Running {
    handle: Handle,
    hooks: Hooks,
    // Taken off the registry before the port closes, also when dropped: fields are dropped in order.
    listed: Option<Registered>,
    door: Option<ServerTask>,
    /// Services of the backends to other programs.
    host: Host,
    subscribers: Option<Subscribers>,
    /// Descriptions of the subscriptions, for people.
    subscribed: Vec<String>,
    /// Background tasks of the app.
    beside: Vec<Task<()>>,
}

impl Running {
    pub(super) fn new(handle: Handle, host: Host, hooks: Hooks) -> Self {
        Running {
            handle,
            hooks,
            listed: None,
            door: None,
            host,
            subscribers: None,
            subscribed: Vec::new(),
            beside: Vec::new(),
        }
    }

    pub(super) fn open(&mut self, door: ServerTask, listed: Registered) {
        (self.door, self.listed) = (Some(door), Some(listed));
    }

    pub(super) fn subscribed(&mut self, subscribers: Subscribers, described: Vec<String>) {
        (self.subscribers, self.subscribed) = (Some(subscribers), described);
    }

    /// Returns the subscriptions, for people.
    pub(super) fn subscriptions(&self) -> &[String] {
        &self.subscribed
    }

    pub(super) fn keep(&mut self, task: Task<()>) {
        self.beside.push(task);
    }

    /// Returns a handle that can be kept independently.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops it so that no call and no event is lost: not ready, off the registry, then no new connections and no new events,
    /// then what is in flight finishes, for at most [`Settings::shutdown_timeout`](super::Settings::shutdown_timeout).
    ///
    /// Dropping the future closes what is still open.
    ///
    /// # Errors
    ///
    /// [`DeadlineExceeded`](crate::Code::DeadlineExceeded) when calls or events did not finish in time and were cut off; else what the first hook
    /// failed with.
    pub async fn stop(mut self) -> Result<()> {
        let hooks = std::mem::take(&mut self.hooks);
        let before = hooks::run_all(hooks.before_stop, &self.handle).await;
        let drained = stop::run(Stop {
            app: self.handle(),
            listed: self.listed.take(),
            door: self.door.take(),
            host: self.host.clone(),
            subscribers: self.subscribers.take(),
            until: None,
        })
        .await;
        let after = hooks::run_all(hooks.after_stop, &self.handle).await;
        drained.and(before).and(after)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.health().lifecycle().advance(State::Stopped);
        // Their clients are held by handlers that the server holds, so they do not end by themselves.
        self.host.all().iter().for_each(|hosted| hosted.close());
    }
}

impl Deref for Running {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Running").field(&self.handle).finish()
    }
}
