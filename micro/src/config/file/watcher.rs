//! Hearing from the system that something on the way to a file changed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::discover::is_member;
use super::snapshot::{Identity, identity};
use super::watch_paths::WatchPaths;

/// Whether the system says when a file is opened and closed.
const TELLS_OPENING: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Listens in directories until it is dropped. Its methods block.
pub(super) struct Ears {
    // None where there are no events at all.
    watcher: Option<RecommendedWatcher>,
    hearing: BTreeMap<PathBuf, Identity>,
    is_deaf: bool,
    heard: Arc<Heard>,
}

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    state: Mutex<State>,
    // Holds one ring: any number of events is one reason to look.
    bell: Notify,
}

#[derive(Debug, Default)]
struct State {
    watch_paths: WatchPaths,
    // Files that were written to and not closed since.
    written: HashSet<PathBuf>,
    opened: HashMap<PathBuf, u64>,
    // Directories that are heard no more, because they are gone; all of them when events were lost.
    lost: BTreeSet<PathBuf>,
    is_all_lost: bool,
}

/// How often files had been opened at a moment: when they have been once more since, everything before that was heard.
#[derive(Debug, Default)]
pub(super) struct Openings(Vec<(PathBuf, u64)>);

impl Ears {
    pub(super) fn new() -> Self {
        let heard = Arc::new(Heard::default());
        let hears = heard.clone();
        let watcher = notify::recommended_watcher(move |event| hears.hear(event));
        if let Err(error) = &watcher {
            tracing::warn!(%error, "no file events; changes of configuration are looked for instead");
        }
        Ears { watcher: watcher.ok(), hearing: BTreeMap::new(), is_deaf: false, heard }
    }

    #[cfg(test)]
    pub(super) fn deaf() -> Self {
        Ears { watcher: None, hearing: BTreeMap::new(), is_deaf: true, heard: Arc::default() }
    }

    pub(super) fn heard(&self) -> &Arc<Heard> {
        &self.heard
    }

    /// Whether something on the way cannot be listened to.
    pub(super) fn is_deaf(&self) -> bool {
        self.is_deaf
    }

    /// Listens along a watch_paths from now on. Answers whether that is anything new: what was found before, when nobody
    /// listened, may have changed already.
    pub(super) fn follow(&mut self, watch_paths: &WatchPaths) -> bool {
        let (is_new, lost) = self.heard.follow(watch_paths, &self.hearing);
        for directory in lost {
            self.leave(&directory);
        }
        let left: Vec<_> = self.hearing.keys().filter(|known| !watch_paths.directories.contains(*known)).cloned().collect();
        for directory in left {
            self.leave(&directory);
        }
        self.is_deaf = false;
        let mut is_newly_heard = false;
        for directory in &watch_paths.directories {
            is_newly_heard |= self.listen(directory);
        }
        is_new || is_newly_heard
    }

    // Whether it was not heard before, and is now.
    fn listen(&mut self, directory: &Path) -> bool {
        let Ok(found) = fs::metadata(directory).map(|metadata| identity(&metadata)) else { return false };
        match self.hearing.get(directory) {
            Some(known) if *known == found => return false,
            Some(_) => self.leave(directory),
            None => {}
        }
        let listening = self.watcher.as_mut().map(|watcher| watcher.watch(directory, RecursiveMode::NonRecursive));
        match listening {
            Some(Ok(())) => {
                self.hearing.insert(directory.to_owned(), found);
                true
            }
            failed => {
                if let Some(Err(error)) = failed {
                    tracing::debug!(path = %directory.display(), %error, "no file events of a directory");
                }
                self.is_deaf = true;
                false
            }
        }
    }

    fn leave(&mut self, directory: &Path) {
        self.hearing.remove(directory);
        if let Some(watcher) = &mut self.watcher {
            // It is gone already if the directory is.
            let _ = watcher.unwatch(directory);
        }
    }

    /// How often the files on the way have been opened by now.
    pub(super) fn openings(&self) -> HashMap<PathBuf, u64> {
        locked(&self.heard.state).opened.clone()
    }

    /// What has to be heard before a reading of files, begun `before`, can be judged.
    pub(super) fn awaited<'a>(
        &self,
        before: &HashMap<PathBuf, u64>,
        places: impl Iterator<Item = &'a Path>,
    ) -> Openings {
        let is_heard = |place: &&Path| place.parent().is_some_and(|parent| self.hearing.contains_key(parent));
        let places = places.filter(|place| TELLS_OPENING && is_heard(place));
        Openings(places.map(|place| (place.to_owned(), before.get(place).copied().unwrap_or(0))).collect())
    }
}

impl Heard {
    /// Waits for the next event that matters, or one since the last call.
    pub(super) async fn event(&self) {
        self.bell.notified().await;
    }

    /// Whether someone is in the middle of writing.
    pub(super) fn is_writing(&self) -> bool {
        !locked(&self.state).written.is_empty()
    }

    /// Gives up on those who keep files open after writing.
    pub(super) fn forget_writing(&self) {
        locked(&self.state).written.clear();
    }

    pub(super) fn is_caught_up(&self, openings: &Openings) -> bool {
        let state = locked(&self.state);
        openings.0.iter().all(|(path, before)| state.opened.get(path).copied().unwrap_or(0) > *before)
    }

    fn follow(&self, watch_paths: &WatchPaths, hearing: &BTreeMap<PathBuf, Identity>) -> (bool, Vec<PathBuf>) {
        let mut state = locked(&self.state);
        let is_new = state.watch_paths != *watch_paths;
        state.watch_paths = watch_paths.clone();
        let State { watch_paths, written, opened, .. } = &mut *state;
        written.retain(|path| watch_paths.counts(path));
        opened.retain(|path, _| watch_paths.counts(path));
        let lost = std::mem::take(&mut state.lost);
        let is_all_lost = std::mem::take(&mut state.is_all_lost);
        (is_new, hearing.keys().filter(|path| is_all_lost || lost.contains(*path)).cloned().collect())
    }

    // Called by the watcher, on its thread.
    fn hear(&self, event: notify::Result<Event>) {
        let mut state = locked(&self.state);
        let matters = match event {
            Ok(event) if !event.need_rescan() => state.hear(&event),
            _ => {
                state.is_all_lost = true;
                state.written.clear();
                true
            }
        };
        drop(state);
        if matters {
            self.bell.notify_one();
        }
    }
}

impl State {
    // Whether it is a reason to look.
    fn hear(&mut self, event: &Event) -> bool {
        let mut matters = false;
        for path in &event.paths {
            if is_end(event.kind) {
                self.lost.insert(path.clone());
            }
            if self.watch_paths.counts(path) {
                matters |= self.hear_of(event.kind, path);
            }
        }
        // Only directories we listen in are asked for.
        self.lost.retain(|path| self.watch_paths.directories.contains(path));
        matters
    }

    fn hear_of(&mut self, kind: EventKind, path: &Path) -> bool {
        match kind {
            EventKind::Access(AccessKind::Open(_)) => {
                *self.opened.entry(path.to_owned()).or_default() += 1;
                return false;
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                self.written.remove(path);
            }
            EventKind::Access(_) => return false,
            EventKind::Modify(ModifyKind::Data(_)) if TELLS_OPENING => {
                self.written.insert(path.to_owned());
            }
            EventKind::Create(CreateKind::File) if TELLS_OPENING && is_being_written(path) => {
                self.written.insert(path.to_owned());
            }
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => {
                self.written.remove(path);
            }
            _ => {}
        }
        true
    }
}

impl WatchPaths {
    /// Whether what happens to `path` can change what is read.
    fn counts(&self, path: &Path) -> bool {
        let is_listed = || {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(is_member) && path.parent().is_some_and(|parent| self.listed.contains(parent))
        };
        self.names.contains(path) || is_listed()
    }
}

fn is_end(kind: EventKind) -> bool {
    matches!(kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)))
}

// A new file is about to be filled and closed, unless it is a link of either kind: nobody closes those.
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

/// Locks, also after a panic elsewhere: every change of the state is complete in itself.
fn locked(mutex: &Mutex<State>) -> MutexGuard<'_, State> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
