//! Where the settings of a program come from, as it says before it starts.

use crate::config::load::Surroundings;
use crate::config::{Code, Need, Source};

/// The sources of an app's settings, and whether its logs are written.
#[derive(Default)]
pub(super) struct Sources {
    /// What the code of the program sets.
    pub(super) code: Code,
    /// Sources that the code of the program adds; those that settings name follow them.
    pub(super) added: Vec<(Box<dyn Source>, Need)>,
    /// The environment and the command line, where they are read.
    pub(super) surroundings: Option<Surroundings>,
    pub(super) environment_prefix: Option<String>,
    pub(super) logs: bool,
}
