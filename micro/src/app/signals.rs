//! SIGTERM and ctrl-c, heard also while every thread of the program is busy.

use std::time::Duration;

use tokio::sync::watch;

use crate::errors::{Error, Result};
use crate::util::{clock, spawn};

/// Time a program may take to end after the second signal.
const FORCED_EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of signals that came so far.
///
/// They are counted on a thread with a runtime of its own: a handler that blocks keeps its worker from running anything
/// else, and on a runtime with one thread nothing would ever learn of ctrl-c.
pub(super) struct Signals {
    came: watch::Receiver<usize>,
    handled: usize,
}

impl Signals {
    /// Begins to listen. From now on a second signal ends the process, whatever blocks it.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub(super) fn new() -> Result<Self> {
        let (count, counted) = watch::channel(0);
        let (ready, listening) = std::sync::mpsc::channel();
        spawn::thread("micro-signals", move || listen(count, &ready))?;
        match listening.recv() {
            Ok(result) => result.map(|()| Signals { came: counted, handled: 0 }),
            Err(_) => Err(Error::internal("the thread that listens for signals ended")),
        }
    }

    /// Waits for the next signal. Cancel safe.
    pub(super) async fn next(&mut self) {
        // The thread that counts lives as long as the process.
        drop(self.came.wait_for(|came| *came > self.handled).await);
        self.handled += 1;
    }
}

fn listen(count: watch::Sender<usize>, ready: &std::sync::mpsc::Sender<Result<()>>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error.into()))),
    };
    runtime.block_on(async {
        let mut source = match SignalSource::new() {
            Ok(source) => source,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let _ = ready.send(Ok(()));
        source.next().await;
        count.send_replace(1);
        source.next().await;
        count.send_replace(2);
        clock::sleep(FORCED_EXIT_TIMEOUT).await;
        eprintln!("error: ended by a second signal while handlers still ran");
        std::process::exit(1);
    });
}

/// Both signals of the operating system as one.
struct SignalSource {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl SignalSource {
    #[cfg(unix)]
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(SignalSource { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self> {
        Ok(SignalSource {})
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
