//! What files say, now and whenever it changes.

use std::sync::Arc;
use std::time::Duration;

use super::Files;
use super::watcher::{Ears, Heard, Openings};
use super::read::Reading;
use super::snapshot::{Snapshot, Verdict};
use crate::config::Table;
use crate::errors::Result;
use crate::util::clock::{self, Instant};
use crate::util::spawn;

/// How long nothing may happen before the files are read: a change is often several.
const QUIET: Duration = Duration::from_millis(40);
/// How long to wait for that, when something happens all the time.
const RESTLESS: Duration = Duration::from_millis(120);
/// How long to wait for someone to close what they wrote to, since they did last.
const WRITING: Duration = Duration::from_millis(300);
/// How long what was read must have rested.
const REST: Duration = Duration::from_millis(15);
/// The same for a file that has become empty. Most are on their way to being written anew, and a busy file system may show
/// them empty for a while before it tells of that.
const EMPTY_REST: Duration = Duration::from_millis(300);
/// The rest when a change has been waiting for longer than [`OVERDUE`].
const SHORT_REST: Duration = Duration::from_millis(4);
const OVERDUE: Duration = Duration::from_millis(250);
/// How long to wait for the news of our own opening of a file.
const NEWS: Duration = Duration::from_millis(50);
/// How often to look without having heard anything: some file systems tell nothing.
const SWEEP: Duration = Duration::from_secs(2);
/// The same where it is known that nothing is told.
const DEAF_SWEEP: Duration = Duration::from_millis(200);
/// How often files may lead to further files before that is left to the next look.
const ROUNDS: usize = 5;

/// One who follows the files.
pub(super) struct Follower {
    files: Files,
    // None before the first look, and while one is under way.
    ears: Option<Ears>,
    heard: Arc<Heard>,
    is_deaf: bool,
    sweep: Duration,
    last: Option<Last>,
}

struct Last {
    result: Result<Table>,
    snapshot: Arc<Snapshot>,
    // Whether it was read again since, for changes within one tick of the file system's clock.
    is_confirmed: bool,
}

struct Look {
    reading: Reading,
    openings: Openings,
}

impl Follower {
    pub(super) fn new(files: Files) -> Self {
        Follower { files, ears: None, heard: Arc::default(), is_deaf: false, sweep: SWEEP, last: None }
    }

    /// Told of changes by events alone.
    #[cfg(test)]
    pub(super) fn unswept(files: Files) -> Self {
        Follower { sweep: Duration::from_secs(24 * 3600), ..Follower::new(files) }
    }

    /// Told of changes by looking alone.
    #[cfg(test)]
    pub(super) fn deaf(files: Files) -> Self {
        Follower { ears: Some(Ears::deaf()), ..Follower::new(files) }
    }

    /// What the files say: at once, then when it is something else.
    ///
    /// # Errors
    ///
    /// When reading panics, or the runtime ends.
    pub(super) async fn next(&mut self) -> Result<Result<Table>, spawn::Ended> {
        loop {
            let is_first = self.last.is_none();
            let since = if is_first { clock::now() } else { self.change().await };
            let reading = self.read_whole(since).await?;
            let news = self.is_news(&reading).then(|| reading.result.clone());
            self.keep(reading);
            if let Some(news) = news {
                return Ok(news);
            }
        }
    }

    fn is_news(&self, reading: &Reading) -> bool {
        self.last.as_ref().is_none_or(|last| last.result != reading.result)
    }

    fn keep(&mut self, reading: Reading) {
        let is_confirmed = !self.is_news(&reading);
        let Reading { result, mut snapshot } = reading;
        snapshot.let_go();
        self.last = Some(Last { result, snapshot: Arc::new(snapshot), is_confirmed });
    }

    /// Waits until something has changed and everything rests. Answers when it began.
    async fn change(&mut self) -> Instant {
        let sweep = if self.is_deaf { DEAF_SWEEP } else { self.sweep };
        while clock::timeout(sweep, self.heard.event()).await.is_err() {
            if self.looks_different().await {
                break;
            }
        }
        let since = clock::now();
        self.quiet().await;
        since
    }

    async fn looks_different(&mut self) -> bool {
        let Some(last) = self.last.as_mut().filter(|last| last.is_confirmed) else { return true };
        let snapshot = last.snapshot.clone();
        spawn::blocking(move || snapshot.verdict() != Verdict::Current).await.unwrap_or(true)
    }

    /// Waits until nothing has happened for a moment, and nobody is in the middle of writing.
    async fn quiet(&self) {
        let begin = clock::now();
        let mut last = begin;
        loop {
            let is_writing = self.heard.is_writing();
            let until = if is_writing { last + WRITING } else { (last + QUIET).min(begin + RESTLESS) };
            if clock::timeout_at(until, self.heard.event()).await.is_err() {
                if is_writing && self.heard.is_writing() {
                    self.heard.forget_writing();
                }
                return;
            }
            last = clock::now();
            if last >= begin + RESTLESS && !self.heard.is_writing() {
                return;
            }
        }
    }

    /// Reads until nothing was written meanwhile. What is replaced meanwhile is whole all the same, and is taken when a
    /// change that came at `since` is overdue.
    async fn read_whole(&mut self, since: Instant) -> Result<Reading, spawn::Ended> {
        loop {
            let look = self.look().await?;
            let is_overdue = clock::now().duration_since(since) > OVERDUE;
            if !self.rests(&look.reading.snapshot, is_overdue).await {
                self.quiet().await;
                continue;
            }
            self.catch_up(&look.openings).await;
            let reading = look.reading;
            let (reading, verdict) = spawn::blocking(move || {
                let verdict = reading.snapshot.verdict();
                (reading, verdict)
            })
            .await?;
            let is_whole = verdict == Verdict::Current || (verdict == Verdict::Replaced && is_overdue);
            if is_whole && !self.heard.is_writing() {
                return Ok(reading);
            }
            self.quiet().await;
        }
    }

    /// Gives those who write the time to be noticed. Answers whether it need not be read again for sure.
    async fn rests(&self, snapshot: &Snapshot, is_overdue: bool) -> bool {
        let last = self.last.as_ref().map(|last| &*last.snapshot);
        if last.is_none() && snapshot.are_old() {
            return true;
        }
        if snapshot.is_emptied_since(last) {
            return clock::timeout(EMPTY_REST, self.heard.event()).await.is_err();
        }
        clock::sleep(if is_overdue { SHORT_REST } else { REST }).await;
        true
    }

    async fn look(&mut self) -> Result<Look, spawn::Ended> {
        let (files, ears) = (self.files.clone(), self.ears.take());
        let (ears, look) = spawn::blocking(move || look(&files, ears.unwrap_or_else(Ears::new))).await?;
        self.heard = ears.heard().clone();
        self.is_deaf = ears.is_deaf();
        self.ears = Some(ears);
        Ok(look)
    }

    /// Waits until everything was heard that happened before we opened the files: news come in order, but not at once.
    async fn catch_up(&self, openings: &Openings) {
        let until = clock::now() + NEWS;
        while !self.heard.is_caught_up(openings) && clock::now() < until {
            clock::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Reads, listening to everything that was read before it was read.
fn look(files: &Files, mut ears: Ears) -> (Ears, Look) {
    let mut round = 1;
    loop {
        let before = ears.openings();
        let reading = Reading::of(files);
        let is_new = ears.follow(&reading.snapshot.watch_paths);
        if !is_new || round == ROUNDS {
            let openings = ears.awaited(&before, reading.snapshot.places());
            return (ears, Look { reading, openings });
        }
        round += 1;
    }
}
