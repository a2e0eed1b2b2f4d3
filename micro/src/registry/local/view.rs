//! Maps files to live nodes, and changes to watch events.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::directory::{Directory, FileIdentity, FoundEntry, Life};
use super::entry;
use super::events::{Events, Hints, Look};
use crate::errors::{Error, Result};
use crate::registry::{Feed, Node};
use crate::util::clock::{self, Instant};

/// Grace period of an entry without a usable lock, because the system's clock may be slightly off.
const EXPIRY_GRACE: Duration = Duration::from_secs(1);

/// Maximum number of files kept open; further ones are opened for each scan.
const MOST_OPEN: usize = 256;

/// State of the files as known to this process.
#[derive(Default)]
pub(super) struct View {
    // Nodes by file name, as known to the watches.
    known: BTreeMap<String, Arc<Node>>,
    feeds: Vec<Feed>,
    // Files as last read, kept open so that checking them again is fast and causes no file events.
    open: HashMap<String, FoundEntry>,
    // Time at which each file's last renewal was first observed, on the monotonic clock.
    renewals: HashMap<String, Renewal>,
    // Files a warning has been logged for.
    odd: HashSet<String>,
    hearing: Hearing,
}

struct Renewal {
    stamp: SystemTime,
    seen: Instant,
}

#[derive(Default)]
enum Hearing {
    #[default]
    Nothing,
    Events {
        _events: Events,
        of: Option<FileIdentity>,
    },
    // Watching failed; changes are found by the sweep alone.
    Deaf,
}

impl View {
    pub(super) fn is_watched(&self) -> bool {
        !self.feeds.is_empty()
    }

    #[cfg(test)]
    pub(super) fn deafen(&mut self) {
        self.hearing = Hearing::Deaf;
    }

    pub(super) fn nodes(&mut self, directory: &Directory, service: &str) -> Result<Vec<Node>> {
        let prefix = entry::prefix(service);
        let names = self.names(directory)?;
        let names = names.iter().filter(|name| name.starts_with(&prefix));
        let nodes = names.filter_map(|name| self.living(directory, name)).filter(|node| node.service == service);
        Ok(nodes.map(Arc::unwrap_or_clone).collect())
    }

    pub(super) fn services(&mut self, directory: &Directory) -> Result<Vec<String>> {
        let names = self.names(directory)?;
        let services: BTreeSet<String> =
            names.iter().filter_map(|name| self.living(directory, name)).map(|node| node.service.clone()).collect();
        Ok(services.into_iter().collect())
    }

    /// Adds a watch and feeds it the current nodes.
    pub(super) fn watch(&mut self, directory: &Directory, feed: Feed, hints: &Arc<Hints>) -> Result<()> {
        // File events are enabled first, so that changes during the scan are not missed.
        self.hear(directory, hints);
        let names = self.names(directory)?;
        self.feeds.push(feed);
        self.sweep(directory, names);
        Ok(())
    }

    /// Scans some files, or all, and notifies the watches.
    pub(super) fn look(&mut self, directory: &Directory, look: &Look, hints: &Arc<Hints>) {
        self.feeds.retain(|feed| !feed.is_closed());
        if self.feeds.is_empty() {
            self.known.clear();
            if !matches!(self.hearing, Hearing::Deaf) {
                self.hearing = Hearing::Nothing;
            }
            return;
        }
        match look {
            Look::At(names) => names.iter().for_each(|name| self.look_at(directory, name)),
            Look::All => {
                self.hear(directory, hints);
                match self.names(directory) {
                    Ok(names) => self.sweep(directory, names),
                    // The watches keep their state; an unreadable directory gives no information about processes.
                    Err(error) => tracing::debug!(%error, "could not list the local registry"),
                }
            }
        }
    }

    fn look_at(&mut self, directory: &Directory, name: &str) {
        match self.living(directory, name) {
            Some(node) => {
                self.feeds.iter().for_each(|feed| feed.put(node.clone()));
                self.known.insert(name.to_owned(), node);
            }
            None => {
                if let Some(node) = self.known.remove(name) {
                    self.feeds.iter().for_each(|feed| feed.remove(&node.service, &node.id));
                }
            }
        }
    }

    fn sweep(&mut self, directory: &Directory, names: BTreeSet<String>) {
        let living = names.into_iter().filter_map(|name| Some((self.living(directory, &name)?, name)));
        self.known = living.map(|(node, name)| (name, node)).collect();
        for feed in &self.feeds {
            feed.replace(self.known.values().cloned());
        }
        directory.clean_up();
    }

    // Returns the names of the existing files, and drops the state of files that no longer exist.
    fn names(&mut self, directory: &Directory) -> Result<BTreeSet<String>> {
        let names: BTreeSet<String> = directory.names()?.into_iter().collect();
        self.renewals.retain(|name, _| names.contains(name));
        self.open.retain(|name, _| names.contains(name));
        self.odd.retain(|name| names.contains(name));
        Ok(names)
    }

    // Returns the node of a file if its owner is alive. Removes the file if the owner is dead.
    fn living(&mut self, directory: &Directory, name: &str) -> Option<Arc<Node>> {
        let before = self.open.remove(name);
        let again = before.and_then(|mut found| directory.refresh(name, &mut found).then_some(found));
        let found = match again.map_or_else(|| directory.read(name), |found| Ok(Some(found))) {
            Ok(found) => found?,
            Err(reason) => {
                self.complain(directory, name, &reason);
                return None;
            }
        };
        let is_alive = self.is_alive(name, &found);
        if !is_alive && found.life != Life::Held {
            directory.bury(name);
            return None;
        }
        let node = found.node.clone();
        if self.open.len() < MOST_OPEN {
            self.open.insert(name.to_owned(), found);
        }
        is_alive.then_some(node)
    }

    fn complain(&mut self, directory: &Directory, name: &str, reason: &Error) {
        if self.odd.insert(name.to_owned()) {
            let path = directory.path().join(name);
            tracing::warn!(path = %path.display(), %reason, "left out a file in the local registry");
        }
    }

    fn is_alive(&mut self, name: &str, found: &FoundEntry) -> bool {
        match found.life {
            Life::Ended => false,
            Life::Held => !self.is_overdue(name, found),
            // Without a usable lock, liveness depends on the clocks.
            Life::Unknown => {
                let age = clock::wall().duration_since(found.stamp).unwrap_or_default();
                age <= found.ttl.saturating_add(EXPIRY_GRACE) && !self.is_overdue(name, found)
            }
        }
    }

    // Returns `true` if this process has observed no renewal for a whole time to live.
    fn is_overdue(&mut self, name: &str, found: &FoundEntry) -> bool {
        let now = clock::now();
        match self.renewals.get(name).filter(|renewal| renewal.stamp == found.stamp) {
            Some(renewal) => now.duration_since(renewal.seen) > found.ttl,
            None => {
                self.renewals.insert(name.to_owned(), Renewal { stamp: found.stamp, seen: now });
                false
            }
        }
    }

    // Enables file events, again if the directory was removed and recreated.
    fn hear(&mut self, directory: &Directory, hints: &Arc<Hints>) {
        let identity = directory.identity();
        match &self.hearing {
            Hearing::Deaf => return,
            Hearing::Events { of, .. } if *of == identity => return,
            _ => {}
        }
        self.hearing = match Events::of(directory.path(), hints) {
            Ok(events) => Hearing::Events { _events: events, of: identity },
            Err(_) if identity.is_none() => Hearing::Nothing,
            Err(error) => {
                let path = directory.path();
                tracing::warn!(path = %path.display(), %error, "no file events; changes are seen within a second");
                Hearing::Deaf
            }
        };
    }
}
