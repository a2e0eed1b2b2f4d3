//! What it means: a function, and where `micro` is.

use crate::syntax::{Function, Home};

/// Everything the attribute stands for.
pub(super) struct Provider {
    pub(super) home: Home,
    pub(super) function: Function,
}
