//! A registry for all processes of one user on one machine: one file per node in a directory owned by the user, without a server.
//!
//! A process that registers a node writes a file and holds an exclusive lock on it as long as the node is registered. The kernel
//! releases the lock when the process ends, for any reason, so a reader that obtains a shared lock knows that the owner is dead.
//! A killed process is removed without waiting for an expiry.
//!
//! - `directory`: location and permissions of the files;
//! - `entry`: names and contents of the files;
//! - `view`: maps files to live nodes, and changes to watch events;
//! - `events`: file change notifications from the kernel.

mod directory;
mod entry;
mod events;
mod view;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use super::{Backend, Node, Registry, Watch};
use crate::errors::{Error, Result};
use crate::util::clock::{self, Instant};
use crate::util::lock::lock;
use crate::util::spawn::{self, Task};

use directory::{Directory, DirectoryLock, Owned};
use events::{Hints, Look};
use view::View;

/// Timeout for obtaining the lock of the directory from other processes; each holds it for well under a millisecond.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Interval between scans of a watched directory. Scans find changes without file events: crashed processes and expired entries.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Delay that batches a burst of events. Also, a killed process's lock is released a moment after the event about its file.
const BURST_DELAY: Duration = Duration::from_millis(5);

/// A registry in files, for all processes of one user on one machine; the default of a service bound to loopback.
///
/// The files are in `$XDG_RUNTIME_DIR/micro/registry`, or if that directory does not exist, in one under the temporary directory
/// that is private to the user; [`Local::open`] uses another. A directory writable by another user is rejected, because write
/// access decides where calls go.
///
/// Other processes see a change within milliseconds if the system supports file events, else within a second. A killed process
/// disappears from results immediately, and watches are notified within two seconds. A process that hangs is left out once its
/// node's time to live has passed; this is measured on the reader's own monotonic clock, so adjustments of the system time do no
/// harm. On file systems without locks, liveness depends on the time to live and the system time alone.
///
/// Ids must differ between processes: if two register a node with the same service and id, the last one wins, and each restores
/// its own at its next renewal. Dropping the last handle deregisters this process's nodes.
///
/// Files that are not entries are left alone, with one warning each.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use micro::registry::{Local, Registry};
///
/// let registry = Registry::local()?; // the user's registry
/// let of_a_test = Registry::new(Local::open("/tmp/my-test/registry")?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Local(Arc<Shared>);

crate::scheme!(Registry, "local", "local:///path/of/directory", |connect| {
    Box::pin(async move {
        let path = connect.rest().to_owned();
        let local = match path.as_str() {
            "" => spawn::blocking(Local::new).await??,
            absolute if absolute.starts_with('/') => spawn::blocking(move || Local::open(path)).await??,
            more => {
                return Err(Error::invalid_argument(format!(
                    "`local://{more}` is not an absolute path, which has three slashes: `local:///{more}`"
                )));
            }
        };
        Ok(Registry::new(local))
    })
});

// Nodes of this machine find each other through files; nodes on other machines require configuration.
crate::scheme!(Registry, "auto", "auto", |connect| {
    Box::pin(async move {
        connect.nothing_more()?;
        Ok(Registry::new(spawn::blocking(Local::new).await??))
    })
});

impl Registry {
    /// Creates a handle to the registry shared by all processes of this user on this machine.
    ///
    /// # Errors
    ///
    /// As [`Local::new`].
    pub fn local() -> Result<Self> {
        Ok(Registry::new(Local::new()?))
    }
}

struct Shared {
    directory: Directory,
    name: String,
    sweep: Duration,
    held: Mutex<BTreeMap<String, RegistrationLock>>,
    view: Mutex<View>,
    hints: Arc<Hints>,
    keeper: Mutex<Option<Task<()>>>,
}

// A node registered by this process.
struct RegistrationLock {
    node: Node,
    ttl: Duration,
    owned: Owned,
    expires: Instant,
}

impl Local {
    /// Opens the registry of this user and creates its directory if necessary. Blocks for a few short file operations.
    ///
    /// # Errors
    ///
    /// [`Code::PermissionDenied`](crate::Code::PermissionDenied) if the directory belongs to another user, other users may write
    /// to it, or this process may not; otherwise the code of the file system error. The message names the path.
    pub fn new() -> Result<Self> {
        Ok(Self::on(Directory::of_user()?, "local".to_owned(), SWEEP_INTERVAL))
    }

    /// Opens the registry in the directory at `path`, under the same conditions, and creates the directory if necessary.
    ///
    /// # Errors
    ///
    /// As [`Local::new`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let directory = Directory::open(path.into())?;
        let name = format!("local://{}", directory.path().display());
        Ok(Self::on(directory, name, SWEEP_INTERVAL))
    }

    /// Returns the path of the directory.
    pub fn path(&self) -> &Path {
        self.0.directory.path()
    }

    fn on(directory: Directory, name: String, sweep: Duration) -> Self {
        Local(Arc::new(Shared {
            directory,
            name,
            sweep,
            held: Mutex::default(),
            view: Mutex::default(),
            hints: Arc::default(),
            keeper: Mutex::default(),
        }))
    }

    // File operations block, so they run on blocking threads.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Shared) -> T + Send + 'static) -> Result<T> {
        let shared = self.0.clone();
        Ok(spawn::blocking(move || work(&shared)).await?)
    }

    // Changes need the lock of the directory; retries until another process releases it.
    async fn in_turn(
        &self,
        work: impl Fn(&Shared) -> Result<DirectoryLock<()>> + Clone + Send + 'static,
    ) -> Result<()> {
        let deadline = clock::after(LOCK_TIMEOUT);
        loop {
            let work = work.clone();
            if let DirectoryLock::Ours(()) = self.blocking(move |shared| work(shared)).await?? {
                return Ok(());
            }
            if clock::now() > deadline {
                return Err(Error::unavailable(format!(
                    "another process has kept `{}` locked for {LOCK_TIMEOUT:?}",
                    self.path().display()
                )));
            }
            clock::sleep(Duration::from_millis(2)).await;
        }
    }

    fn start_keeper(&self) {
        let mut keeper = lock(&self.0.keeper);
        if keeper.as_ref().is_none_or(Task::is_finished) {
            *keeper = Some(spawn::spawn(keep(Arc::downgrade(&self.0), self.0.hints.clone(), self.0.sweep)));
        }
    }
}

impl Backend for Local {
    fn name(&self) -> String {
        self.0.name.clone()
    }

    async fn register(&self, node: &Node, ttl: Duration) -> Result<()> {
        let node = node.clone();
        self.in_turn(move |shared| shared.put(&node, ttl)).await?;
        self.start_keeper();
        self.0.hints.wake();
        Ok(())
    }

    async fn deregister(&self, node: &Node) -> Result<()> {
        let name = entry::file_name(&node.service, &node.id);
        self.in_turn(move |shared| shared.remove(&name)).await
    }

    async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        let service = service.to_owned();
        self.blocking(move |shared| lock(&shared.view).nodes(&shared.directory, &service)).await?
    }

    async fn services(&self) -> Result<Vec<String>> {
        self.blocking(|shared| lock(&shared.view).services(&shared.directory)).await?
    }

    async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        let (feed, watch) = Watch::channel(service);
        self.blocking(move |shared| lock(&shared.view).watch(&shared.directory, feed, &shared.hints)).await??;
        self.start_keeper();
        self.0.hints.wake();
        Ok(watch)
    }
}

impl Shared {
    fn put(&self, node: &Node, ttl: Duration) -> Result<DirectoryLock<()>> {
        let name = entry::file_name(&node.service, &node.id);
        let mut held = lock(&self.held);
        if let Some(held) = held.get_mut(&name)
            && held.node == *node
            && held.ttl == ttl
            && self.directory.renew(&name, &held.owned)
        {
            held.expires = clock::after(ttl);
            return Ok(DirectoryLock::Ours(()));
        }
        let DirectoryLock::Ours(_turn) = self.directory.take_turn()? else {
            return Ok(DirectoryLock::Theirs);
        };
        let owned = self.directory.write(&name, |lock| entry::to_bytes(node, ttl, lock))?;
        held.insert(name, RegistrationLock { node: node.clone(), ttl, owned, expires: clock::after(ttl) });
        Ok(DirectoryLock::Ours(()))
    }

    // The file of a node registered here is removed only while it is this process's file; another process may have taken over the
    // id. The file of a node registered elsewhere is removed as requested, and returns when its owner renews it.
    fn remove(&self, name: &str) -> Result<DirectoryLock<()>> {
        let mut held = lock(&self.held);
        let DirectoryLock::Ours(_turn) = self.directory.take_turn()? else {
            return Ok(DirectoryLock::Theirs);
        };
        if held.get(name).is_none_or(|held| self.directory.is_at(name, &held.owned)) {
            self.directory.remove(name)?;
        }
        held.remove(name);
        Ok(DirectoryLock::Ours(()))
    }

    fn expire(&self) {
        let now = clock::now();
        self.let_go(|held| held.expires <= now);
    }

    // Without the directory lock it is enough to release the file's own lock: readers then take the file for that of a dead
    // process.
    fn let_go(&self, whom: impl Fn(&RegistrationLock) -> bool) {
        let mut held = lock(&self.held);
        let gone: Vec<(String, RegistrationLock)> = held.extract_if(.., |_, held| whom(held)).collect();
        if gone.is_empty() {
            return;
        }
        let turn = self.directory.take_turn();
        for (name, gone) in gone {
            if let Ok(DirectoryLock::Ours(_)) = turn
                && self.directory.is_at(&name, &gone.owned)
            {
                let _ = self.directory.remove(&name);
            }
        }
    }

    fn look(&self, look: &Look) {
        self.expire();
        lock(&self.view).look(&self.directory, look, &self.hints);
    }

    fn next_expiry(&self) -> Option<Instant> {
        lock(&self.held).values().map(|held| held.expires).min()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.let_go(|_| true);
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Local").field(&self.path()).finish()
    }
}

// Removes entries that were not renewed, and keeps the watches up to date. Owned by the registry and ends with it.
async fn keep(shared: Weak<Shared>, hints: Arc<Hints>, sweep: Duration) {
    let mut next_sweep = clock::after(sweep);
    loop {
        let wake = match shared.upgrade() {
            Some(shared) => {
                let sweep = lock(&shared.view).is_watched().then_some(next_sweep);
                sweep.into_iter().chain(shared.next_expiry()).min()
            }
            None => return,
        };
        match wake {
            Some(wake) => {
                // A timeout and a notification are handled alike: the work to do is determined below.
                let _ = clock::timeout_at(wake, hints.woken()).await;
            }
            None => hints.woken().await,
        }
        clock::sleep(BURST_DELAY).await;
        let mut look = hints.take();
        if clock::now() >= next_sweep {
            look = Look::All;
        }
        if look == Look::All {
            next_sweep = clock::after(sweep);
        }
        let Some(shared) = shared.upgrade() else { return };
        if let Err(error) = spawn::blocking(move || shared.look(&look)).await {
            tracing::warn!(%error, "could not scan the local registry");
        }
    }
}

#[cfg(test)]
mod tests;
