//! An app as a program: from its start to a signal.

use super::App;
use super::settings::Answered;
use super::signals::Signals;
use crate::errors::{Code, Error, Result};

impl App {
    /// Starts it as a program: logs go to stderr, and SIGTERM or ctrl-c stops it so that no call in flight is lost. A second
    /// signal ends the wait for those.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start) and [`Running::stop`](super::Running::stop).
    pub async fn run(self) -> Result<()> {
        run(self, std::future::pending()).await
    }

    /// Runs the app until a signal arrives or `until` completes.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn run_until(self, until: impl Future<Output = ()>) -> Result<()> {
        run(self, until).await
    }
}

/// Runs an app until a signal, or until `until` completes.
async fn run(app: App, until: impl Future<Output = ()>) -> Result<()> {
    let mut signals = Signals::new()?;
    let mut app = app;
    app.sources.logs = true;
    // A signal during a slow start-up ends it: dropping the future undoes what was done.
    let running = tokio::select! {
        started = app.start() => match started {
            Ok(running) => running,
            Err(error) if Answered::is_source_of(&error) => return Ok(()),
            Err(error) => return Err(error),
        },
        () = signals.next() => return Ok(()),
    };
    tokio::select! {
        () = signals.next() => {}
        () = until => {}
    }
    tracing::info!("stopping: calls in flight finish; a second signal ends them");
    tokio::select! {
        stopped = running.stop() => stopped,
        () = signals.next() => Err(Error::new(Code::Cancelled, "a second signal ended the calls in flight")),
    }
}
