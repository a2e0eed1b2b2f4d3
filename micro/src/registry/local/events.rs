//! File change notifications from the kernel.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::entry::SUFFIX;
use crate::util::lock::lock;

/// Files to inspect.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    All,
    At(BTreeSet<String>),
}

impl Default for Look {
    fn default() -> Self {
        Look::At(BTreeSet::new())
    }
}

/// Files to inspect next, and the notification that wakes the scanner.
#[derive(Debug, Default)]
pub(super) struct Hints {
    look: Mutex<Look>,
    bell: Notify,
}

impl Hints {
    /// Maximum number of names; with more, all files are inspected.
    const MAX_HINTS: usize = 1024;

    pub(super) fn wake(&self) {
        self.bell.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.bell.notified().await;
    }

    pub(super) fn take(&self) -> Look {
        std::mem::take(&mut *lock(&self.look))
    }

    fn add(&self, name: String) {
        let mut look = lock(&self.look);
        if let Look::At(names) = &mut *look {
            names.insert(name);
            if names.len() > Self::MAX_HINTS {
                *look = Look::All;
            }
        }
        drop(look);
        self.wake();
    }

    fn add_all(&self) {
        *lock(&self.look) = Look::All;
        self.wake();
    }

    fn hear(&self, event: notify::Result<Event>) {
        let Ok(event) = event else {
            return self.add_all();
        };
        if event.need_rescan() {
            return self.add_all();
        }
        if !matters(event.kind) {
            return;
        }
        for path in &event.paths {
            if let Some(name) = path.file_name().and_then(|name| name.to_str())
                && name.ends_with(SUFFIX)
            {
                self.add(name.to_owned());
            }
        }
    }
}

// Inspecting a file causes events itself, which must not lead to another inspection. Relevant are files moved into place, renewed
// by their modification time, removed, and closed after writing when their owner dies.
fn matters(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Modify(ModifyKind::Data(_)) => false,
        _ => true,
    }
}

/// A watch on a directory, active until dropped.
pub(super) struct Events {
    _watcher: notify::RecommendedWatcher,
}

impl Events {
    pub(super) fn of(directory: &Path, hints: &Arc<Hints>) -> notify::Result<Self> {
        let hints = hints.clone();
        let mut watcher = notify::recommended_watcher(move |event| hints.hear(event))?;
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
        Ok(Events { _watcher: watcher })
    }
}
