//! Paths from the root to files through all symbolic links: a change of any part may change the file that the path leads to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::format;

/// Maximum number of symbolic links on a path: more than any system follows.
const MAX_LINKS: usize = 40;

/// All parts of the paths to a set of files, with all links resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WatchPaths {
    /// Directories with an entry on a path.
    pub(super) directories: BTreeSet<PathBuf>,
    /// Entries on a path.
    pub(super) names: BTreeSet<PathBuf>,
    /// Directories that are read as a whole.
    pub(super) listed: BTreeSet<PathBuf>,
}

impl WatchPaths {
    /// Adds `path` as far as it exists. Returns the resolved path, if it exists completely.
    pub(super) fn add(&mut self, path: &Path) -> Option<PathBuf> {
        let mut at = PathBuf::new();
        let mut rest = std::path::absolute(path).ok()?;
        let mut links = 0;
        loop {
            let mut parts = rest.components();
            let Some(part) = parts.next() else { return Some(at) };
            let tail = parts.as_path().to_owned();
            match part {
                Component::Prefix(_) | Component::RootDir => at.push(part),
                Component::CurDir => {}
                Component::ParentDir => {
                    at.pop();
                }
                Component::Normal(name) => {
                    let next = at.join(name);
                    self.directories.insert(at.clone());
                    self.names.insert(next.clone());
                    if !fs::symlink_metadata(&next).ok()?.is_symlink() {
                        at = next;
                    } else {
                        links += 1;
                        if links > MAX_LINKS {
                            return None;
                        }
                        // A relative target starts at `at`, the directory of the link; an absolute target starts at the root.
                        rest = fs::read_link(&next).ok()?.join(tail);
                        continue;
                    }
                }
            }
            rest = tail;
        }
    }

    /// Returns `true` if a change of `path` may change the settings.
    pub(super) fn matters(&self, path: &Path) -> bool {
        let is_listed = || {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(format::is_member) && path.parent().is_some_and(|parent| self.listed.contains(parent))
        };
        self.names.contains(path) || is_listed()
    }
}
