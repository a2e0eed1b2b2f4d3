//! Model: a function, and the path of `micro`.

use crate::syntax::{CratePath, Function};

/// Content of the attribute and its function.
pub(super) struct Provider {
    pub(super) home: CratePath,
    pub(super) function: Function,
}
