use std::future::{Future, ready};

use crate::registry::Registry;

/// A registry that is put through the suite.
///
/// A [`Registry`] is one itself, for backends without a server.
pub trait Fixture: crate::testing::suite::Fixture {
    /// Returns a handle, as another process would have it where that is possible. All handles of a fixture lead to one registry,
    /// which may be shared with others: services have names of their own.
    fn registry(&self) -> impl Future<Output = Registry> + Send;
}

impl Fixture for Registry {
    fn registry(&self) -> impl Future<Output = Registry> + Send {
        ready(self.clone())
    }
}
