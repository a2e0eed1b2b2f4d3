//! The way from the root to a file, over all its symbolic links: whatever changes on it may change what is at its end.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// More links than any system follows.
const MOST_LINKS: usize = 40;

/// What lies on the way to some files. All paths are past all links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WatchPaths {
    /// The directories in which something on the way stands.
    pub(super) directories: BTreeSet<PathBuf>,
    /// What stands on the way.
    pub(super) names: BTreeSet<PathBuf>,
    /// The directories of which every name counts.
    pub(super) listed: BTreeSet<PathBuf>,
}

impl WatchPaths {
    /// Adds the way to `path` as far as it goes. Answers where it ends, if it is a way to something.
    pub(super) fn walk(&mut self, path: &Path) -> Option<PathBuf> {
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
                        if links > MOST_LINKS {
                            return None;
                        }
                        // The link starts where it stands, or at the root: then joining starts anew.
                        rest = fs::read_link(&next).ok()?.join(tail);
                        continue;
                    }
                }
            }
            rest = tail;
        }
    }
}
