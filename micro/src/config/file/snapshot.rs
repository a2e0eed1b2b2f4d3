//! What was looked at for one reading, so that it can be told whether it still looks the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::watch_paths::WatchPaths;
use crate::errors::Code;
use crate::util::clock;

/// The most a file may hold: settings are written by people.
const MOST: u64 = 4 * 1024 * 1024;

/// The paths that were looked at, and the files that were read.
#[derive(Default)]
pub(super) struct Snapshot {
    pub(super) watch_paths: WatchPaths,
    // What each path led to.
    stamps: BTreeMap<PathBuf, Option<Stamp>>,
    // What was read, left open: so it is known whether it was whole, whatever the path leads to by now.
    opened: Vec<Opened>,
    texts: BTreeMap<PathBuf, Result<Arc<str>, Fault>>,
}

struct Opened {
    file: File,
    stamp: Stamp,
    // Where it is, past all links.
    place: Option<PathBuf>,
}

/// How a reading compares with what is there later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every path leads to what was read.
    Current,
    /// Something took the place of what was read, which was whole.
    Replaced,
    /// Something was written to while it was read.
    Torn,
}

/// Why there is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Missing,
    Directory,
    NoFile,
    TooLarge,
    NotText,
    Io(ErrorKind),
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Other,
}

impl Snapshot {
    /// What a path leads to, and whether it leads anywhere.
    pub(super) fn kind(&mut self, path: &Path) -> Result<Kind, Fault> {
        self.watch_paths.walk(path);
        let found = fs::metadata(path);
        self.stamps.insert(path.to_owned(), found.as_ref().ok().map(Stamp::of));
        let found = found.map_err(|error| Fault::of(&error))?;
        Ok(match found.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Directory,
            _ => Kind::Other,
        })
    }

    /// The names in a directory, sorted, of which `is_wanted` decides. What changes there is heard of from now on.
    pub(super) fn names(&mut self, directory: &Path, is_wanted: fn(&str) -> bool) -> Result<BTreeSet<String>, Fault> {
        if let Some(place) = self.watch_paths.walk(directory) {
            self.watch_paths.listed.insert(place.clone());
            self.watch_paths.directories.insert(place);
        }
        let entries = fs::read_dir(directory).map_err(|error| Fault::of(&error))?;
        let mut names = BTreeSet::new();
        for entry in entries {
            let name = entry.map_err(|error| Fault::of(&error))?.file_name();
            names.extend(name.to_str().filter(|name| is_wanted(name)).map(str::to_owned));
        }
        Ok(names)
    }

    /// What a file says. Within one reading it says the same however often it is asked.
    pub(super) fn text(&mut self, path: &Path) -> Result<Arc<str>, Fault> {
        if let Some(text) = self.texts.get(path) {
            return text.clone();
        }
        let text = self.read(path);
        self.texts.insert(path.to_owned(), text.clone());
        text
    }

    fn read(&mut self, path: &Path) -> Result<Arc<str>, Fault> {
        // Before it is opened: to open a pipe is to wait for somebody to write.
        match self.kind(path)? {
            Kind::File => {}
            Kind::Directory => return Err(Fault::Directory),
            Kind::Other => return Err(Fault::NoFile),
        }
        let place = self.watch_paths.walk(path);
        let file = File::open(path).map_err(|error| Fault::of(&error))?;
        let stamp = Stamp::of(&file.metadata().map_err(|error| Fault::of(&error))?);
        self.stamps.insert(path.to_owned(), Some(stamp));
        let mut bytes = Vec::new();
        let read = (&file).take(MOST + 1).read_to_end(&mut bytes);
        self.opened.push(Opened { file, stamp, place });
        read.map_err(|error| Fault::of(&error))?;
        if bytes.len() as u64 > MOST {
            return Err(Fault::TooLarge);
        }
        String::from_utf8(bytes).map(Arc::from).map_err(|_| Fault::NotText)
    }

    /// Closes the files and forgets what they said: secrets, too. What they looked like stays.
    pub(super) fn let_go(&mut self) {
        self.opened.clear();
        self.texts.clear();
    }

    /// Where the files are that were read, past all links.
    pub(super) fn places(&self) -> impl Iterator<Item = &Path> {
        self.opened.iter().filter_map(|opened| opened.place.as_deref())
    }

    /// Whether what was read has rested for a second, so that nobody can be in the middle of writing it.
    pub(super) fn are_old(&self) -> bool {
        let now = clock::wall();
        let age = |opened: &Opened| now.duration_since(opened.stamp.modified?).ok();
        self.opened.iter().all(|opened| age(opened).is_some_and(|age| age > Duration::from_secs(1)))
    }

    /// Whether a file is empty that was not, or was not there, before.
    pub(super) fn is_emptied_since(&self, before: Option<&Snapshot>) -> bool {
        let is_empty =
            |stamp: Option<&Option<Stamp>>| stamp.is_some_and(|stamp| stamp.is_some_and(|it| it.length == 0));
        let was_empty = |path| before.is_some_and(|before| is_empty(before.stamps.get(path)));
        self.texts.keys().any(|path| is_empty(self.stamps.get(path)) && !was_empty(path))
    }

    /// Compares with what is there now.
    pub(super) fn verdict(&self) -> Verdict {
        if !self.opened.iter().all(Opened::is_whole) {
            return Verdict::Torn;
        }
        let is_current =
            |(path, stamp): (&PathBuf, &Option<Stamp>)| fs::metadata(path).ok().as_ref().map(Stamp::of) == *stamp;
        if self.stamps.iter().all(is_current) { Verdict::Current } else { Verdict::Replaced }
    }
}

impl Opened {
    fn is_whole(&self) -> bool {
        self.file.metadata().is_ok_and(|now| Stamp::of(&now).is_same_content(&self.stamp))
    }
}

/// What tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    identity: Identity,
    length: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Stamp {
            identity: identity(metadata),
            length: metadata.len(),
            modified: metadata.modified().ok(),
            changed: changed(metadata),
        }
    }

    // Not the time of the last change, which moves when the name is taken away.
    fn is_same_content(&self, other: &Self) -> bool {
        self.length == other.length && self.modified == other.modified
    }
}

/// What makes a file or directory the one it is, whatever its name.
pub(super) type Identity = (u64, u64);

#[cfg(unix)]
pub(super) fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> Identity {
    (0, 0)
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

impl Fault {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            // A file where a directory should be is as good as nothing.
            ErrorKind::NotFound | ErrorKind::NotADirectory => Fault::Missing,
            ErrorKind::IsADirectory => Fault::Directory,
            kind => Fault::Io(kind),
        }
    }

    /// What can be done about it.
    pub(super) fn code(&self) -> Code {
        match self {
            Fault::Missing => Code::NotFound,
            Fault::Io(ErrorKind::PermissionDenied) => Code::PermissionDenied,
            Fault::Io(_) => Code::Unavailable,
            _ => Code::InvalidArgument,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Missing => f.write_str("cannot be read now: it is not there"),
            Fault::Directory => f.write_str("is a directory, not a file"),
            Fault::NoFile => f.write_str("is no file"),
            Fault::TooLarge => write!(f, "is larger than {} MiB", MOST / (1024 * 1024)),
            Fault::NotText => f.write_str("is not UTF-8"),
            Fault::Io(kind) => write!(f, "cannot be read now: {kind}"),
        }
    }
}
