//! Sources of a program's settings before it starts.

use crate::config::load::ProcessEnv;
use crate::config::{CodeOverrides, Requirement, Source};

/// The sources of an app's settings, and whether its logs are written.
#[derive(Default)]
pub(super) struct Sources {
    /// Settings made in code.
    pub(super) code: CodeOverrides,
    /// Sources that the code of the program adds; those that settings name follow them.
    pub(super) added: Vec<(Box<dyn Source>, Requirement)>,
    /// The environment and the command line, where they are read.
    pub(super) environment: Option<ProcessEnv>,
    pub(super) environment_prefix: Option<String>,
    pub(super) logs: bool,
}
