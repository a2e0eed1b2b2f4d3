//! Files of a source, as its user named them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Looks up variables for references.
pub(super) type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A file or a directory, a profile, and where references to variables are looked up.
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
