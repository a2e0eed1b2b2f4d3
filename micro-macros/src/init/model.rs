//! What it means: a function, and where `micro` is.

use crate::syntax::{CratePath, Function};

/// Everything the attribute stands for.
pub(super) struct Init {
    pub(super) home: CratePath,
    pub(super) function: Function,
}
