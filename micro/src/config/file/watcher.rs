//! Change notifications for everything a reading depends on.
//!
//! Built on `notify` alone. The debouncing crates on top of it lose events that a safe reading needs: `notify-debouncer-mini`
//! drops the kinds of events, which makes a writer that closes a file look like our own reading of it, and
//! `notify-debouncer-full` reports nothing while a file is replaced faster than its delay. The delay itself is one `sleep` in
//! [`follow`](super::follow).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::watch;

use super::snapshot::{Identity, identity};
use super::watch_paths::WatchPaths;
use crate::util::clock;

/// `true` if the system reports when files are opened and closed.
const REPORTS_CLOSING: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Watcher of directories, which ends when its last clone is dropped.
#[derive(Clone)]
pub(super) struct Watcher {
    state: Arc<watch::Sender<WatchState>>,
    subscriptions: Arc<Mutex<Subscriptions>>,
}

/// Watched directories.
struct Subscriptions {
    /// `None` on a system without notifications.
    notify: Option<RecommendedWatcher>,
    directories: BTreeMap<PathBuf, Identity>,
}

/// State of the reported events.
#[derive(Debug, Default)]
struct WatchState {
    paths: WatchPaths,
    /// Number of events that may have changed the files.
    changes: u64,
    /// Number of times each file was opened, by any process.
    opened: HashMap<PathBuf, u64>,
    /// Files that were written to and not closed since.
    writing: HashSet<PathBuf>,
    /// Watched directories that were removed or renamed, which ends their watch.
    ended: BTreeSet<PathBuf>,
    /// `true` if events of any kind may have been lost.
    has_lost_events: bool,
}

/// A point in the sequence of events.
#[derive(Debug, Default)]
pub(super) struct Position {
    changes: u64,
    opened: HashMap<PathBuf, u64>,
}

impl Watcher {
    pub(super) fn new() -> Self {
        let state = Arc::new(watch::Sender::new(WatchState::default()));
        let sender = state.clone();
        let notify = notify::recommended_watcher(move |event| {
            sender.send_if_modified(|state| state.apply(event));
        });
        if let Err(error) = &notify {
            tracing::warn!(%error, "no file notifications, polling settings files for changes");
        }
        Watcher::with(state, notify.ok())
    }

    /// Creates a watcher as on a system without notifications.
    #[cfg(test)]
    pub(super) fn without_notifications() -> Self {
        Watcher::with(Arc::default(), None)
    }

    fn with(state: Arc<watch::Sender<WatchState>>, notify: Option<RecommendedWatcher>) -> Self {
        let subscriptions = Subscriptions { notify, directories: BTreeMap::new() };
        Watcher { state, subscriptions: Arc::new(Mutex::new(subscriptions)) }
    }

    /// Watches `paths` and no others from now on. Returns `true` if any of them is newly watched: files that were read before may
    /// have changed already. Blocks.
    pub(super) fn watch(&self, paths: &WatchPaths) -> bool {
        let mut subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut is_new, mut ended, mut has_lost_events) = Default::default();
        self.state.send_if_modified(|state| {
            is_new = state.paths != *paths;
            ended = std::mem::take(&mut state.ended);
            has_lost_events = std::mem::take(&mut state.has_lost_events);
            state.select(paths);
            false
        });
        // Outside of the lock of the state, for which the thread of `notify` may be waiting.
        subscriptions.forget(&ended, has_lost_events);
        subscriptions.update(paths) || is_new
    }

    /// Returns the current position.
    pub(super) fn position(&self) -> Position {
        let state = self.state.borrow();
        Position { changes: state.changes, opened: state.opened.clone() }
    }

    /// Waits for a change after `position`.
    pub(super) async fn changed(&self, position: &Position) {
        self.wait_for(|state| state.changes > position.changes).await;
    }

    /// Returns `true` if a file is being written to.
    pub(super) fn is_writing(&self) -> bool {
        !self.state.borrow().writing.is_empty()
    }

    /// Waits until all files that are being written to are closed. A writer that does nothing for `pause` counts as done.
    pub(super) async fn writers_closed(&self, pause: Duration) {
        while self.is_writing() {
            let position = self.position();
            let next = self.wait_for(|state| state.writing.is_empty() || state.changes > position.changes);
            if clock::timeout(pause, next).await.is_err() {
                self.state.send_modify(|state| state.writing.clear());
            }
        }
    }

    /// Returns `true` if the closing of any of `files` by its writer is reported.
    pub(super) fn reports_closing(&self, files: &[PathBuf]) -> bool {
        let subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        let is_watched = |file: &PathBuf| file.parent().is_some_and(|it| subscriptions.directories.contains_key(it));
        REPORTS_CLOSING && files.iter().all(is_watched)
    }

    /// Waits until each of `files` is reported as opened after `position`. Events are ordered: once our own opening of a file has
    /// been reported, so have all earlier changes of the file.
    pub(super) async fn opened(&self, files: &[PathBuf], position: &Position) {
        let is_opened = |opened: &HashMap<PathBuf, u64>, file| opened.get(file) > position.opened.get(file);
        self.wait_for(|state| files.iter().all(|file| is_opened(&state.opened, file))).await;
    }

    async fn wait_for(&self, condition: impl FnMut(&WatchState) -> bool) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.state.subscribe().wait_for(condition).await;
    }
}

impl Subscriptions {
    /// Ends the watch of some directories, or of all.
    fn forget(&mut self, ended: &BTreeSet<PathBuf>, all: bool) {
        let forgotten: Vec<_> = self.directories.keys().filter(|it| all || ended.contains(*it)).cloned().collect();
        forgotten.iter().for_each(|directory| self.unwatch(directory));
    }

    /// Watches the directories of `paths` and no others. Returns `true` if a directory is newly watched.
    fn update(&mut self, paths: &WatchPaths) -> bool {
        let left: Vec<_> = self.directories.keys().filter(|it| !paths.directories.contains(*it)).cloned().collect();
        left.iter().for_each(|directory| self.unwatch(directory));
        paths.directories.iter().filter(|directory| self.watch(directory)).count() > 0
    }

    /// Watches a directory. Returns `true` if it is watched now and was not before.
    fn watch(&mut self, directory: &Path) -> bool {
        let Ok(found) = fs::metadata(directory).map(|metadata| identity(&metadata)) else { return false };
        match self.directories.get(directory) {
            Some(known) if *known == found => return false,
            Some(_) => self.unwatch(directory),
            None => {}
        }
        let Some(notify) = &mut self.notify else { return false };
        if let Err(error) = notify.watch(directory, RecursiveMode::NonRecursive) {
            tracing::debug!(path = %directory.display(), %error, "cannot watch a directory, polling it instead");
            return false;
        }
        self.directories.insert(directory.to_owned(), found);
        true
    }

    fn unwatch(&mut self, directory: &Path) {
        self.directories.remove(directory);
        if let Some(notify) = &mut self.notify {
            // Fails if the directory is gone, which has ended its watch.
            let _ = notify.unwatch(directory);
        }
    }
}

impl WatchState {
    fn select(&mut self, paths: &WatchPaths) {
        self.writing.retain(|path| paths.matters(path));
        self.opened.retain(|path, _| paths.matters(path));
        self.paths = paths.clone();
    }

    /// Records an event. Returns `true` if it affects the watched paths. Called on the thread of `notify`.
    fn apply(&mut self, event: notify::Result<Event>) -> bool {
        let Some(event) = event.ok().filter(|event| !event.need_rescan()) else {
            self.has_lost_events = true;
            self.writing.clear();
            self.changes += 1;
            return true;
        };
        let mut is_news = false;
        for path in event.paths {
            if ends_watch(event.kind) && self.paths.directories.contains(&path) {
                self.ended.insert(path.clone());
            }
            if self.paths.matters(&path) {
                self.apply_to(path, event.kind);
                is_news = true;
            }
        }
        is_news
    }

    fn apply_to(&mut self, path: PathBuf, kind: EventKind) {
        match kind {
            EventKind::Access(AccessKind::Open(_)) => {
                *self.opened.entry(path).or_default() += 1;
                return;
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                self.writing.remove(&path);
            }
            EventKind::Access(_) => return,
            EventKind::Modify(ModifyKind::Data(_)) if REPORTS_CLOSING => {
                self.writing.insert(path);
            }
            EventKind::Create(CreateKind::File) if REPORTS_CLOSING && is_being_written(&path) => {
                self.writing.insert(path);
            }
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => {
                self.writing.remove(&path);
            }
            _ => {}
        }
        self.changes += 1;
    }
}

fn ends_watch(kind: EventKind) -> bool {
    matches!(kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)))
}

/// Returns `true` if a new file is going to be written and closed. Symbolic and hard links are not: no process closes them.
fn is_being_written(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && has_one_name(&found))
}

#[cfg(unix)]
fn has_one_name(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) == 1
}

#[cfg(not(unix))]
fn has_one_name(_: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use notify::event::Flag;

    use super::*;

    fn paths_of(file: &Path) -> WatchPaths {
        let mut paths = WatchPaths::default();
        paths.add(file);
        paths
    }

    #[test]
    fn lost_events_are_a_change_and_start_every_watch_anew() {
        let file = std::env::current_exe().expect("a test has a file").canonicalize().expect("it is there");
        let (watcher, paths) = (Watcher::new(), paths_of(&file));
        assert!(watcher.watch(&paths), "all of it is new");
        assert!(!watcher.watch(&paths));
        let before = watcher.position();
        watcher.state.send_modify(|state| {
            state.writing.insert(file);
            state.apply(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        });
        assert!(watcher.position().changes > before.changes);
        assert!(!watcher.is_writing(), "its end may be among what was lost");
        assert!(watcher.watch(&paths), "files may have changed unnoticed");
        assert!(!watcher.watch(&paths));
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_is_waited_for_until_it_closes_or_pauses() {
        let file = std::env::current_exe().expect("a test has a file");
        let watcher = Watcher::without_notifications();
        watcher.watch(&paths_of(&file));
        let report = |kind| watcher.state.send_modify(|state| state.apply_to(file.clone(), kind));
        let written = EventKind::Modify(ModifyKind::Data(notify::event::DataChange::Any));
        let pause = Duration::from_millis(300);
        let begun = clock::now();
        report(written);
        let writer = async {
            clock::sleep(pause * 2 / 3).await;
            report(written);
            clock::sleep(pause * 2 / 3).await;
            report(EventKind::Access(AccessKind::Close(AccessMode::Write)));
        };
        tokio::join!(watcher.writers_closed(pause), writer);
        let expected = if REPORTS_CLOSING { pause * 4 / 3 } else { Duration::ZERO };
        assert!(begun.elapsed() >= expected && begun.elapsed() < pause * 2, "{:?}", begun.elapsed());

        report(written);
        let begun = clock::now();
        watcher.writers_closed(pause).await;
        assert!(!watcher.is_writing());
        assert!(begun.elapsed() <= pause + Duration::from_millis(1), "{:?}", begun.elapsed());
    }
}
