//! Settings in files: TOML, JSON and YAML, one or a directory of them, with profiles, references and a watch.
//!
//! A [`location`] says where settings are. [`discover`] finds the files, a [`snapshot`] reads them and records their state,
//! [`format`] and a file for each format turn text into tables, [`interpolate`] fills in `${…}`, and [`read`] puts this
//! together. [`follow`] reads again when the [`watcher`] reports a change on the [`watch_paths`] to any file.

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

/// Settings in a file, or in a directory of them, read again whenever they change.
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
/// The extension says which: `.toml`, `.json`, and, with the feature `config-yaml`, `.yaml` or `.yml` (YAML 1.2, one
/// document). All are UTF-8 and at most 4 MiB; tables and lists stand at most 64 deep, in YAML 24; a key is written once; an empty file
/// holds nothing. Dates of TOML are texts. `null`, which TOML does not have, takes away what lower layers say.
///
/// # Several files
///
/// With a [profile](Files::with_profile) `dev`, `app.dev.toml` is laid over `app.toml` if it is there. A directory stands for
/// all files of these formats in it, in the order of their names, each laid over those before it. Hidden files, and what
/// editors leave, are skipped. Names with a second dot belong to a profile: `10-db.dev.toml` is read for `dev` alone, right
/// after `10-db.toml`.
///
/// # References
///
/// | In a text | becomes |
/// |---|---|
/// | `${NAME}` | the variable of the environment, which must be set |
/// | `${NAME:-text}` | the variable, or `text` if it is not set or empty |
/// | `${file:path}` | what the file holds, without the newline at its end; shown nowhere. The path starts at the file that says so |
/// | `$${` | `${` |
///
/// What is filled in is not looked through again. A text with a reference is a number, a switch or a list where one is
/// expected. Keys have no references.
///
/// # Changes
///
/// A change arrives within a fifth of a second, as a rule: however the file is written, also by replacing it, a link to it, or
/// a directory or link anywhere on its path, as volumes of Kubernetes do. This includes the files of references, and files
/// that come and go. File systems without change notifications are polled every two seconds. The environment of a process
/// does not change.
///
/// No value arrives that no valid file held. A file that is being written to is read when its writer closes it, or has done
/// nothing for 300 ms; one that has become empty, when it has been so for 300 ms. Where the system does not report that a
/// file is closed (any but Linux), or reports nothing, a changed file has to rest for 300 ms. A file that is rewritten in
/// place all the time is read when that ends; replacing it, by a write beside it and a rename, is always best.
///
/// # Errors
///
/// The updates go on after an error, and the next one comes when something changes. All that is wrong in all files is one
/// error, with a line for each thing: file, line, and what to do, and never a value.
///
/// - [`NotFound`](crate::Code::NotFound): there is no such file now.
/// - [`PermissionDenied`](crate::Code::PermissionDenied), [`Unavailable`](crate::Code::Unavailable): it cannot be read now.
/// - [`InvalidArgument`](crate::Code::InvalidArgument): anything else, or several of these.
#[derive(Clone)]
pub struct Files(FileLocation);

impl Files {
    /// The file or directory at `path`. It is not read yet, and need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let environment = Arc::new(|name: &str| std::env::var(name).ok());
        Files(FileLocation { path: path.into(), profile: None, environment })
    }

    /// With the files of a profile laid over the others.
    #[must_use]
    pub fn with_profile(mut self, profile: impl Into<String>) -> Self {
        self.0.profile = Some(profile.into());
        self
    }

    /// With variables from elsewhere than the environment of the process.
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
