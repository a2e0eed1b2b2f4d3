//! Following of files: reads them again after a change, until the reading is stable.

use std::sync::Arc;
use std::time::Duration;

use super::location::FileLocation;
use super::read::FileReading;
use super::snapshot::{FileSnapshot, Freshness};
use super::watcher::{Position, Watcher};
use crate::config::Table;
use crate::errors::Result;
use crate::util::{clock, spawn};

/// Delay from the first notification of a change to the reading: one change often causes several events.
const DEBOUNCE_DELAY: Duration = Duration::from_millis(100);
/// Idle time after which a writer that has not closed its file counts as done. Where closing is not reported, a file must be
/// unchanged for this long, as must a file that has become empty.
const WRITER_PAUSE: Duration = Duration::from_millis(300);
/// Delay from a reading to its check: longer than a tick of the file system's clock, because a write within the same tick is
/// invisible.
const RECHECK_DELAY: Duration = Duration::from_millis(10);
/// Interval of comparisons on file systems without change notifications.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Maximum number of consecutive readings that may be outdated when they are checked. The next one is used if it is complete.
const MAX_OUTDATED: u32 = 4;

/// Follower of the files of a location.
pub(super) struct FileFollower {
    location: FileLocation,
    watcher: Watcher,
    poll_interval: Duration,
    last: Option<Last>,
}

/// The last reading that was used.
struct Last {
    result: Result<Table>,
    snapshot: Arc<FileSnapshot>,
    position: Position,
    /// `true` once a second reading gave the same result. A change within a tick of the file system's clock is not visible in a
    /// snapshot.
    is_confirmed: bool,
}

/// A reading that has to be checked before it is used.
struct Candidate {
    reading: FileReading,
    /// Position in the events before the reading began.
    position: Position,
    /// `true` if a path was not watched while it was read.
    is_newly_watched: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trigger {
    Start,
    Notification,
    Poll,
}

impl FileFollower {
    pub(super) fn new(location: FileLocation) -> Self {
        FileFollower { location, watcher: Watcher::new(), poll_interval: POLL_INTERVAL, last: None }
    }

    /// Creates a follower that depends on notifications alone.
    #[cfg(test)]
    pub(super) fn without_polling(location: FileLocation) -> Self {
        FileFollower { poll_interval: Duration::from_secs(24 * 3600), ..FileFollower::new(location) }
    }

    /// Creates a follower that depends on polling alone.
    #[cfg(test)]
    pub(super) fn without_notifications(location: FileLocation, poll_interval: Duration) -> Self {
        FileFollower { watcher: Watcher::without_notifications(), poll_interval, ..FileFollower::new(location) }
    }

    /// Returns the contents of the files: immediately at first, later whenever they differ from the last result.
    ///
    /// # Errors
    ///
    /// If reading panics, or the runtime shuts down.
    pub(super) async fn next(&mut self) -> Result<Result<Table>, spawn::Ended> {
        loop {
            let trigger = self.change().await;
            let Candidate { reading, position, .. } = self.read_stable(trigger).await?;
            let is_news = self.last.as_ref().is_none_or(|last| last.result != reading.result);
            let news = is_news.then(|| reading.result.clone());
            let (result, snapshot) = (reading.result, Arc::new(reading.snapshot.into_released()));
            self.last = Some(Last { result, snapshot, position, is_confirmed: !is_news });
            if let Some(news) = news {
                return Ok(news);
            }
        }
    }

    /// Waits until something may have changed.
    async fn change(&mut self) -> Trigger {
        let Some(last) = &self.last else { return Trigger::Start };
        loop {
            if clock::timeout(self.poll_interval, self.watcher.changed(&last.position)).await.is_ok() {
                clock::sleep(DEBOUNCE_DELAY).await;
                return Trigger::Notification;
            }
            let snapshot = last.snapshot.clone();
            let has_changed = spawn::blocking(move || snapshot.freshness() != Freshness::Current);
            if !last.is_confirmed || has_changed.await.unwrap_or(true) {
                return Trigger::Poll;
            }
        }
    }

    /// Reads until a reading is stable: no file was written to during the reading or since, and every path still leads to the
    /// file that was read. If files are replaced continuously, a complete reading is used although it is outdated.
    async fn read_stable(&self, trigger: Trigger) -> Result<Candidate, spawn::Ended> {
        let mut outdated = 0;
        loop {
            self.watcher.writers_closed(WRITER_PAUSE).await;
            let mut candidate = self.read().await?;
            if candidate.is_newly_watched && outdated < MAX_OUTDATED {
                outdated += 1;
                continue;
            }
            if !self.settle(trigger, &candidate).await {
                continue;
            }
            let FileReading { result, snapshot } = candidate.reading;
            let (snapshot, freshness) = spawn::blocking(move || {
                let freshness = snapshot.freshness();
                (snapshot, freshness)
            })
            .await?;
            candidate.reading = FileReading { result, snapshot };
            let is_usable = match freshness {
                Freshness::Current => true,
                Freshness::Replaced => outdated == MAX_OUTDATED,
                Freshness::Torn => false,
            };
            if is_usable && !self.watcher.is_writing() {
                return Ok(candidate);
            }
            outdated = MAX_OUTDATED.min(outdated + 1);
        }
    }

    async fn read(&self) -> Result<Candidate, spawn::Ended> {
        let (location, watcher) = (self.location.clone(), self.watcher.clone());
        spawn::blocking(move || {
            let position = watcher.position();
            let reading = FileReading::of(&location);
            let is_newly_watched = watcher.watch(&reading.snapshot.watch_paths);
            Candidate { reading, position, is_newly_watched }
        })
        .await
    }

    /// Waits for as long as a write may go unnoticed. Returns `true` if the files did not change.
    async fn settle(&self, trigger: Trigger, candidate: &Candidate) -> bool {
        let Candidate { reading: FileReading { snapshot, .. }, position, .. } = candidate;
        let last = self.last.as_ref().map(|last| &*last.snapshot);
        if trigger == Trigger::Start && snapshot.is_old() {
            return true;
        }
        // Most emptied files are about to be written again, which a busy file system may report late.
        if snapshot.is_emptied_since(last) {
            return clock::timeout(WRITER_PAUSE, self.watcher.changed(position)).await.is_err();
        }
        let files: Vec<_> = snapshot.files().map(ToOwned::to_owned).collect();
        if trigger == Trigger::Poll || !self.watcher.reports_closing(&files) {
            clock::sleep(WRITER_PAUSE).await;
            return true;
        }
        clock::sleep(RECHECK_DELAY).await;
        // If our own opening is not reported in time, the files have been unchanged for the whole pause.
        let _ = clock::timeout(WRITER_PAUSE, self.watcher.opened(&files, position)).await;
        true
    }
}
