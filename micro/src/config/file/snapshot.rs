//! State of all files and paths that a reading depends on, for comparison with their later state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::format;
use super::watch_paths::WatchPaths;
use crate::errors::Code;
use crate::util::clock;

/// Maximum size of a file: 4 MiB. Settings are written by people.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Paths that were inspected, and files that were read.
#[derive(Default)]
pub(super) struct FileSnapshot {
    pub(super) watch_paths: WatchPaths,
    /// Fingerprint of the file that each path leads to.
    fingerprints: BTreeMap<PathBuf, Option<Fingerprint>>,
    /// Files that were read, kept open to check whether they were written to, even if their paths lead elsewhere by now.
    opened: Vec<OpenedFile>,
    texts: BTreeMap<PathBuf, Result<Arc<str>, ReadError>>,
}

struct OpenedFile {
    file: File,
    fingerprint: Fingerprint,
    /// Path with all links resolved.
    place: Option<PathBuf>,
}

/// Comparison of a snapshot with the current files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Every path leads to the file that was read.
    Current,
    /// A path leads elsewhere by now. The files that were read were complete.
    Replaced,
    /// A file was written to while it was read, or since.
    Torn,
}

/// Error reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    Missing,
    Directory,
    NoFile,
    TooLarge,
    NotText,
    Io(ErrorKind),
}

/// Kind of the file that a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadErrorKind {
    File,
    Directory,
    Other,
}

impl FileSnapshot {
    /// Returns the kind of file that a path leads to.
    pub(super) fn kind(&mut self, path: &Path) -> Result<ReadErrorKind, ReadError> {
        self.watch_paths.add(path);
        let found = fs::metadata(path);
        self.fingerprints.insert(path.to_owned(), found.as_ref().ok().map(Fingerprint::of));
        let found = found.map_err(|error| ReadError::of(&error))?;
        Ok(match found.file_type() {
            kind if kind.is_file() => ReadErrorKind::File,
            kind if kind.is_dir() => ReadErrorKind::Directory,
            _ => ReadErrorKind::Other,
        })
    }

    /// Lists the files of settings in a directory, sorted by name. The directory is watched as a whole.
    pub(super) fn members(&mut self, directory: &Path) -> Result<BTreeSet<String>, ReadError> {
        if let Some(place) = self.watch_paths.add(directory) {
            self.watch_paths.listed.insert(place.clone());
            self.watch_paths.directories.insert(place);
        }
        let entries = fs::read_dir(directory).map_err(|error| ReadError::of(&error))?;
        let mut names = BTreeSet::new();
        for entry in entries {
            let name = entry.map_err(|error| ReadError::of(&error))?.file_name();
            names.extend(name.to_str().filter(|name| format::is_member(name)).map(str::to_owned));
        }
        Ok(names)
    }

    /// Reads a file, once per snapshot; later calls return the same result.
    pub(super) fn text(&mut self, path: &Path) -> Result<Arc<str>, ReadError> {
        if let Some(text) = self.texts.get(path) {
            return text.clone();
        }
        let text = self.read(path);
        self.texts.insert(path.to_owned(), text.clone());
        text
    }

    fn read(&mut self, path: &Path) -> Result<Arc<str>, ReadError> {
        // Checked before opening: opening a pipe blocks until a process writes to it.
        match self.kind(path)? {
            ReadErrorKind::File => {}
            ReadErrorKind::Directory => return Err(ReadError::Directory),
            ReadErrorKind::Other => return Err(ReadError::NoFile),
        }
        let place = self.watch_paths.add(path);
        let file = File::open(path).map_err(|error| ReadError::of(&error))?;
        let fingerprint = Fingerprint::of(&file.metadata().map_err(|error| ReadError::of(&error))?);
        self.fingerprints.insert(path.to_owned(), Some(fingerprint));
        let mut bytes = Vec::new();
        let read = (&file).take(MAX_BYTES + 1).read_to_end(&mut bytes);
        self.opened.push(OpenedFile { file, fingerprint, place });
        read.map_err(|error| ReadError::of(&error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(ReadError::TooLarge);
        }
        String::from_utf8(bytes).map(Arc::from).map_err(|_| ReadError::NotText)
    }

    /// Closes the files and forgets their texts, which may hold secrets. Fingerprints stay.
    pub(super) fn into_released(self) -> Self {
        FileSnapshot { opened: Vec::new(), texts: BTreeMap::new(), ..self }
    }

    /// Returns the files that were read, with all links resolved.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.opened.iter().filter_map(|opened| opened.place.as_deref())
    }

    /// Returns `true` if no file was written to within the last second, which means that none is being written now.
    pub(super) fn is_old(&self) -> bool {
        let now = clock::wall();
        let age = |opened: &OpenedFile| now.duration_since(opened.fingerprint.modified?).ok();
        self.opened.iter().all(|opened| age(opened).is_some_and(|age| age > Duration::from_secs(1)))
    }

    /// Returns `true` if a file is empty now that was not, or did not exist, before.
    pub(super) fn is_emptied_since(&self, before: Option<&FileSnapshot>) -> bool {
        let was_empty = |path| before.is_some_and(|before| before.is_empty(path));
        self.texts.keys().any(|path| self.is_empty(path) && !was_empty(path))
    }

    fn is_empty(&self, path: &Path) -> bool {
        self.fingerprints.get(path).is_some_and(|found| found.is_some_and(|found| found.length == 0))
    }

    /// Compares the snapshot with the current files. Blocks.
    pub(super) fn freshness(&self) -> Freshness {
        if !self.opened.iter().all(OpenedFile::is_whole) {
            return Freshness::Torn;
        }
        let found = |path: &PathBuf| fs::metadata(path).ok().as_ref().map(Fingerprint::of);
        let is_current = self.fingerprints.iter().all(|(path, then)| found(path) == *then);
        if is_current { Freshness::Current } else { Freshness::Replaced }
    }
}

impl OpenedFile {
    fn is_whole(&self) -> bool {
        self.file.metadata().is_ok_and(|now| Fingerprint::of(&now).is_same_content(&self.fingerprint))
    }
}

/// State of a file, compared without reading the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint {
    identity: Identity,
    length: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64),
}

impl Fingerprint {
    fn of(metadata: &Metadata) -> Self {
        Fingerprint {
            identity: identity(metadata),
            length: metadata.len(),
            modified: metadata.modified().ok(),
            changed: changed(metadata),
        }
    }

    // Ignores the time of the last status change, which moves when a name of the file is removed.
    fn is_same_content(&self, other: &Self) -> bool {
        self.length == other.length && self.modified == other.modified
    }
}

/// Identity of a file or directory, independent of its name.
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

impl ReadError {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            // Includes a file where a directory is expected.
            ErrorKind::NotFound | ErrorKind::NotADirectory => ReadError::Missing,
            ErrorKind::IsADirectory => ReadError::Directory,
            kind => ReadError::Io(kind),
        }
    }

    /// Returns the code for an error of this kind.
    pub(super) fn code(&self) -> Code {
        match self {
            ReadError::Missing => Code::NotFound,
            ReadError::Io(ErrorKind::PermissionDenied) => Code::PermissionDenied,
            ReadError::Io(_) => Code::Unavailable,
            _ => Code::InvalidArgument,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Missing => f.write_str("cannot be read now: no such file"),
            ReadError::Directory => f.write_str("is a directory, not a file"),
            ReadError::NoFile => f.write_str("is not a regular file"),
            ReadError::TooLarge => write!(f, "is larger than {} MiB", MAX_BYTES / (1024 * 1024)),
            ReadError::NotText => f.write_str("is not UTF-8"),
            ReadError::Io(kind) => write!(f, "cannot be read now: {kind}"),
        }
    }
}
