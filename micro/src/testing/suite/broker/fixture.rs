use std::future::{Future, ready};

use crate::broker::Broker;

/// A broker that is put through the suite.
///
/// A [`Broker`] is one itself, for backends without a server.
pub trait Fixture: crate::testing::suite::Fixture {
    /// Returns a handle, as another process would have it where that is possible. All handles of a fixture lead to one broker.
    fn broker(&self) -> impl Future<Output = Broker> + Send;
}

impl Fixture for Broker {
    fn broker(&self) -> impl Future<Output = Broker> + Send {
        ready(self.clone())
    }
}
