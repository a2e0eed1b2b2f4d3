//! Settings in files: TOML, JSON and YAML, a single file or a directory, with profiles, references and live updates.
//!
//! A [`location`] names the files. [`discover`] finds them, a [`snapshot`] reads them and records their state, [`format`] and a
//! module for each format parse text into tables, [`interpolate`] resolves `${…}`, and [`read`] combines these steps. [`follow`]
//! reads again when the [`watcher`] reports a change on the [`watch_paths`] to any file.

mod discover;
mod follow;
mod format;
mod interpolate;
mod json;
mod location;
mod problem;
mod read;
mod snapshot;
mod text;
mod toml;
mod watch_paths;
mod watcher;
#[cfg(feature = "config-yaml")]
mod yaml;
#[cfg(not(feature = "config-yaml"))]
#[path = "no_yaml.rs"]
mod yaml;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::stream;

use self::follow::FileFollower;
use self::location::FileLocation;
use super::{Layer, Source, Updates};
use crate::errors::Error;

/// A source of settings in a file, or in a directory of files, which is read again whenever they change.
///
/// ```
/// use futures_util::StreamExt;
/// use micro::config::{Files, Source, Value};
///
/// # async fn example() -> micro::Result<()> {
/// # let directory = std::env::temp_dir().join(format!("micro-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let path = directory.join("app.toml");
/// std::fs::write(&path, "[db]\nurl = 'db://${DB_HOST:-localhost}'\nsize = 5")?;
/// let mut updates = Files::new(&path).updates();
///
/// let settings = updates.next().await.expect("files are followed without end")?;
/// let db = settings["db"].as_table().expect("written above");
/// assert_eq!(db["url"].value.as_str(), Some("db://localhost"));
/// assert_eq!(db["size"].origin.line(), Some(3));
///
/// std::fs::write(&path, "[db]\nsize = 8")?;
/// let settings = updates.next().await.expect("files are followed without end")?;
/// assert!(settings["db"].as_table().expect("written above")["size"].value == Value::Integer(8));
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
///
/// # Formats
///
/// The extension selects the format: `.toml`, `.json`, and, with the feature `config-yaml`, `.yaml` or `.yml` (YAML 1.2, one
/// document). All files are UTF-8 and at most 4 MiB; tables and lists are nested at most 64 deep, in YAML 24; a duplicate key is
/// an error; an empty file has no settings. Dates of TOML are text. `null`, which TOML does not have, removes the values of lower
/// layers.
///
/// # Several files
///
/// With a [profile](Files::with_profile) `dev`, `app.dev.toml` is merged over `app.toml` if it exists. A directory includes all
/// its files of these formats, in the order of their names, each merged over those before it. Hidden files, and files left behind
/// by editors, are skipped. Names with a second dot belong to a profile: `10-db.dev.toml` is read for `dev` only, directly after
/// `10-db.toml`.
///
/// # References
///
/// | In a text | Result |
/// |---|---|
/// | `${NAME}` | the environment variable, which must be set |
/// | `${NAME:-text}` | the variable, or `text` if it is not set or empty |
/// | `${file:path}` | the contents of the file, without the final newline, as a secret; `path` is relative to the referring file |
/// | `$${` | `${` |
///
/// Results are not searched for further references. A text with a reference is read as a number, a boolean or a list where one is
/// expected. Keys have no references.
///
/// # Changes
///
/// A change usually arrives within 200 ms, however the file is written: also by replacing the file, a link to it, or a directory
/// or link anywhere on its path, as volumes of Kubernetes do. This includes the files of references, and files that are added or
/// removed. File systems without change notifications are polled every two seconds. The environment of the process does not
/// change.
///
/// Every value that arrives was in a valid file. A file that is being written to is read when its writer closes it, or has been
/// idle for 300 ms; a file that has become empty is read when it has been empty for 300 ms. Where the system does not report the
/// closing of files (any but Linux), or reports no events, a changed file must be unchanged for 300 ms. A file that is rewritten
/// in place continuously is read when the writing ends. Replacing a file, by writing a new one next to it and renaming it, is the
/// most reliable way to change it.
///
/// # Errors
///
/// Updates continue after an error, and the next one arrives after a change. All problems of all files are one error, with a line
/// for each problem: the file, the line, and the remedy, but never a value.
///
/// - [`NotFound`](crate::Code::NotFound): the file does not exist now.
/// - [`PermissionDenied`](crate::Code::PermissionDenied), [`Unavailable`](crate::Code::Unavailable): the file cannot be read now.
/// - [`InvalidArgument`](crate::Code::InvalidArgument): any other problem, or several of these.
#[derive(Clone)]
pub struct Files(FileLocation);

impl Files {
    /// Creates a source for the file or directory at `path`, which is not read yet, and need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let environment = Arc::new(|name: &str| std::env::var(name).ok());
        Files(FileLocation { path: path.into(), profile: None, environment })
    }

    /// Merges the files of a profile over the others.
    #[must_use]
    pub fn with_profile(mut self, profile: impl Into<String>) -> Self {
        self.0.profile = Some(profile.into());
        self
    }

    /// Sets the lookup of variables in references. Default: the environment of the process.
    #[must_use]
    pub fn with_environment(mut self, lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.0.environment = Arc::new(lookup);
        self
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Source for Files {
    fn layer(&self) -> Layer {
        Layer::File
    }

    fn name(&self) -> String {
        self.0.path.display().to_string()
    }

    fn updates(&self) -> Updates {
        updates_of(FileFollower::new(self.0.clone()))
    }
}

fn updates_of(follower: FileFollower) -> Updates {
    Box::pin(stream::unfold(Some(follower), |follower| async {
        let mut follower = follower?;
        match follower.next().await {
            Ok(item) => Some((item, Some(follower))),
            Err(ended) => Some((Err(Error::internal("the files were not read to the end").with_source(ended)), None)),
        }
    }))
}

#[cfg(test)]
mod tests;
