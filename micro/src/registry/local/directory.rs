//! Location and permissions of the files.
//!
//! Files are changed only by renaming and removing whole files, and only by the process that holds the lock of `.lock`. So no
//! process removes a file as that of a dead process while a successor puts a new one in its place.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::entry::{FileEntry, Lock, MAX_BYTES, SUFFIX};
use crate::errors::{Code, Error, Result};
use crate::registry::Node;
use crate::util::{clock, random};

/// Suffix of files that are incomplete or have no owner.
const SCRATCH: &str = ".tmp";

/// The directory of a registry.
pub(super) struct Directory {
    path: PathBuf,
}

/// A file this process holds.
pub(super) struct Owned {
    file: File,
    identity: Option<FileIdentity>,
}

/// Identity of a file, distinct from that of an earlier file with the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity(u64, u64);

/// Result of an attempt to lock the directory.
pub(super) enum DirectoryLock<T> {
    Ours(T),
    Theirs,
}

/// Contents of a file, and the open file: as long as it is open, its identity is not reused.
pub(super) struct FoundEntry {
    file: File,
    identity: Option<FileIdentity>,
    lock: Lock,
    pub(super) node: Arc<Node>,
    pub(super) ttl: Duration,
    /// Time of the last renewal, on the system's clock.
    pub(super) stamp: SystemTime,
    pub(super) life: Life,
}

/// Liveness of a file's owner, by its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Held,
    Ended,
    Unknown,
}

impl Directory {
    /// Opens the directory of this user.
    pub(super) fn of_user() -> Result<Self> {
        let home = match runtime_directory() {
            Some(runtime) => runtime.join("micro"),
            None => private_temp()?,
        };
        Self::open(home.clone())?;
        Self::open(home.join("registry"))
    }

    /// Opens the directory at `path` and creates it if necessary. Fails if another user can write to it.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let directory = Directory { path };
        directory.make()?;
        directory.check()?;
        Ok(directory)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn identity(&self) -> Option<FileIdentity> {
        fs::metadata(&self.path).ok().and_then(|metadata| identity(&metadata))
    }

    /// Returns the names of the files that may be entries.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let names = self.all_names()?;
        Ok(names.into_iter().filter(|name| name.ends_with(SUFFIX) && !name.starts_with('.')).collect())
    }

    /// Reads a file; returns `None` if it does not exist. The error is for the log, and the file is left alone.
    pub(super) fn read(&self, name: &str) -> Result<Option<FoundEntry>> {
        let path = self.path.join(name);
        // Checked first, because opening a pipe would wait for a writer.
        match fs::symlink_metadata(&path) {
            Ok(metadata) if !metadata.is_file() => return Err(Error::invalid_argument("not a file")),
            Ok(metadata) if metadata.len() > MAX_BYTES => {
                let size = metadata.len();
                return Err(Error::invalid_argument(format!("{size} bytes; the limit is {MAX_BYTES}")));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path, error)),
        }
        // The owner may be replacing the file; the lock of the old file is then meaningless. One iteration is usually enough.
        for _ in 0..100 {
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(failed("read", &path, error)),
            };
            let found = read(name, file).map_err(|error| match error {
                UnreadEntry::Odd(error) => error,
                UnreadEntry::Failed(error) => failed("read", &path, error),
            })?;
            if found.life == Life::Held || self.is_in_place(name, found.identity) {
                return Ok(Some(found));
            }
        }
        Err(Error::unavailable("the file is replaced continuously"))
    }

    /// Updates `found` without opening the file. Returns `true` if the file is still in its place.
    pub(super) fn refresh(&self, name: &str, found: &mut FoundEntry) -> bool {
        let Ok(metadata) = fs::symlink_metadata(self.path.join(name)) else { return false };
        let (Some(now), Ok(stamp)) = (identity(&metadata), metadata.modified()) else { return false };
        let life = found.probe();
        (found.stamp, found.life) = (stamp, life);
        // Checked after the lock, for the reason given in `read`.
        found.identity == Some(now) && (life == Life::Held || self.is_in_place(name, found.identity))
    }

    /// Attempts to lock the directory for changes, until the returned file is dropped.
    pub(super) fn take_turn(&self) -> Result<DirectoryLock<File>> {
        let path = self.path.join(".lock");
        let open = || private(OpenOptions::new().write(true).create(true).truncate(false)).open(&path);
        let file = match open() {
            // The directory was removed meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.make()?;
                open()
            }
            other => other,
        };
        let file = file.map_err(|error| failed("write", &path, error))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(DirectoryLock::Theirs),
            // File systems without locks: changes are not serialized.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(DirectoryLock::Ours(file)),
        }
    }

    /// Writes a file, locks it, and moves it into place. The caller holds the directory lock.
    pub(super) fn write(&self, name: &str, content: impl FnOnce(Lock) -> Vec<u8>) -> Result<Owned> {
        let scratch = self.scratch();
        let target = self.path.join(name);
        let written = self.write_scratch(&scratch, content).and_then(|owned| {
            fs::rename(&scratch, &target)?;
            Ok(owned)
        });
        written.map_err(|error| {
            let _ = fs::remove_file(&scratch);
            failed("write", &target, error)
        })
    }

    fn write_scratch(&self, path: &Path, content: impl FnOnce(Lock) -> Vec<u8>) -> io::Result<Owned> {
        let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
        // Locked before the file has its final name, so no process ever sees it unlocked.
        let lock = match file.try_lock() {
            Ok(()) => Lock::Held,
            Err(_) => Lock::Unsupported,
        };
        file.write_all(&content(lock))?;
        let identity = identity(&file.metadata()?);
        Ok(Owned { file, identity })
    }

    /// Renews a file held by this process. Returns `true` on success; fails if the file was replaced or removed.
    pub(super) fn renew(&self, name: &str, owned: &Owned) -> bool {
        self.is_at(name, owned) && owned.file.set_modified(clock::wall()).is_ok()
    }

    /// Returns `true` if the file in this place is the one held by this process.
    pub(super) fn is_at(&self, name: &str, owned: &Owned) -> bool {
        self.is_in_place(name, owned.identity)
    }

    fn is_in_place(&self, name: &str, whose: Option<FileIdentity>) -> bool {
        fs::symlink_metadata(self.path.join(name)).is_ok_and(|metadata| identity(&metadata) == whose)
    }

    /// Removes a file. Succeeds if the file does not exist. The caller holds the directory lock.
    pub(super) fn remove(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("remove", &path, error)),
            _ => Ok(()),
        }
    }

    /// Removes the file of a dead process. If the directory lock is taken, another process removes the file, or this one on its
    /// next scan.
    pub(super) fn bury(&self, name: &str) {
        let Ok(DirectoryLock::Ours(_turn)) = self.take_turn() else { return };
        // Checked again under the lock: a successor may have replaced the file.
        if let Ok(Some(found)) = self.read(name)
            && found.life != Life::Held
        {
            let _ = self.remove(name);
        }
    }

    /// Removes incomplete files of processes that died while writing.
    pub(super) fn clean_up(&self) {
        let Ok(names) = self.all_names() else { return };
        let mut scratch = names.into_iter().filter(|name| name.starts_with('.') && name.ends_with(SCRATCH)).peekable();
        if scratch.peek().is_none() {
            return;
        }
        // Files are written under the directory lock, so while this process holds it no file is being written.
        let Ok(DirectoryLock::Ours(_turn)) = self.take_turn() else { return };
        for name in scratch {
            let _ = fs::remove_file(self.path.join(name));
        }
    }

    fn all_names(&self) -> Result<Vec<String>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("read", &self.path, error)),
        };
        Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
    }

    fn scratch(&self) -> PathBuf {
        self.path.join(format!(".{}{SCRATCH}", random::id()))
    }

    fn make(&self) -> Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path).map_err(|error| failed("create", &self.path, error))
    }

    #[cfg(unix)]
    fn check(&self) -> Result<()> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};

        let path = &self.path;
        let refuse = |why: String| {
            let path = path.display();
            Err(Error::permission_denied(format!("the local registry may not be in `{path}`: {why}")))
        };
        let metadata = fs::symlink_metadata(path).map_err(|error| failed("read", path, error))?;
        if metadata.is_symlink() {
            return refuse("it is a symbolic link".to_owned());
        }
        if !metadata.is_dir() {
            return refuse("it is not a directory".to_owned());
        }
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o022 != 0 {
            return refuse(format!("mode {mode:o} gives other users write access; expected 700"));
        }
        let user = probe(path)?;
        if metadata.uid() != user {
            return refuse(format!("it belongs to user {}, and this process is user {user}", metadata.uid()));
        }
        Ok(())
    }

    #[cfg(not(unix))]
    fn check(&self) -> Result<()> {
        probe(&self.path).map(drop)
    }
}

fn runtime_directory() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?);
    (path.is_absolute() && path.is_dir()).then_some(path)
}

fn private_temp() -> Result<PathBuf> {
    let temp = std::env::temp_dir();
    let user = probe(&temp)?;
    Ok(temp.join(format!("micro-{user}")))
}

// The effective user of this process: the owner of a file it creates. The standard library has no other way to obtain it, and
// whether the directory is writable has to be checked early anyway.
fn probe(directory: &Path) -> Result<u32> {
    let path = directory.join(format!(".{}{SCRATCH}", random::id()));
    let file = private(OpenOptions::new().write(true).create_new(true)).open(&path);
    let file = file.map_err(|error| failed("write", directory, error))?;
    let metadata = file.metadata().map_err(|error| failed("write", directory, error));
    let _ = fs::remove_file(&path);
    #[cfg(unix)]
    return metadata.map(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata));
    #[cfg(not(unix))]
    return metadata.map(|_| 0);
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    Some(FileIdentity(metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_metadata: &fs::Metadata) -> Option<FileIdentity> {
    None
}

enum UnreadEntry {
    Odd(Error),
    Failed(io::Error),
}

fn read(name: &str, mut file: File) -> Result<FoundEntry, UnreadEntry> {
    let mut bytes = Vec::new();
    (&mut file).take(MAX_BYTES).read_to_end(&mut bytes).map_err(UnreadEntry::Failed)?;
    let metadata = file.metadata().map_err(UnreadEntry::Failed)?;
    let stamp = metadata.modified().map_err(UnreadEntry::Failed)?;
    let entry = FileEntry::parse(name, &bytes).map_err(UnreadEntry::Odd)?;
    let mut found = FoundEntry {
        identity: identity(&metadata),
        lock: entry.lock(),
        ttl: entry.ttl(),
        stamp,
        life: Life::Unknown,
        node: Arc::new(entry.into_node()),
        file,
    };
    found.life = found.probe();
    Ok(found)
}

impl FoundEntry {
    // A live owner holds the lock; the lock of a dead one is free, and is taken only for the duration of the check.
    fn probe(&self) -> Life {
        match (self.file.try_lock_shared(), self.lock) {
            (Err(TryLockError::WouldBlock), _) => Life::Held,
            (Err(TryLockError::Error(_)), _) => Life::Unknown,
            (Ok(()), lock) => {
                let unlocked = self.file.unlock();
                if lock == Lock::Held && unlocked.is_ok() { Life::Ended } else { Life::Unknown }
            }
        }
    }
}

// Maps file system errors to codes; the only place that does.
fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::PermissionDenied,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::ResourceExhausted,
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::InvalidFilename => Code::FailedPrecondition,
        ErrorKind::InvalidInput => Code::InvalidArgument,
        _ => Code::Unavailable,
    };
    Error::new(code, format!("cannot {what} `{}`: {error}", path.display())).with_source(error)
}
