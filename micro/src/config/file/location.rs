//! Location of the files of a source.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Lookup of variables in references.
pub(super) type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A file or a directory, a profile, and the lookup of variables in references.
#[derive(Clone)]
pub(super) struct FileLocation {
    pub(super) path: PathBuf,
    pub(super) profile: Option<String>,
    pub(super) environment: Lookup,
}

impl fmt::Debug for FileLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("path", &self.path).field("profile", &self.profile).finish_non_exhaustive()
    }
}
