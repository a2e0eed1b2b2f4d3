//! Model: a function, and the path of `micro`.

use crate::syntax::{CratePath, Function};

/// Everything the attribute stands for.
pub(super) struct Provider {
    pub(super) home: CratePath,
    pub(super) function: Function,
}
