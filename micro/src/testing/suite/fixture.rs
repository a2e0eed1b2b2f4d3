use std::future::{Future, ready};

use crate::broker::Broker;
use crate::registry::Registry;

/// A backend that is put through a suite, and the server behind it.
///
/// Each room adds what its suite needs: [`broker::Fixture`](super::broker::Fixture),
/// [`registry::Fixture`](super::registry::Fixture), [`config::Fixture`](super::config::Fixture).
pub trait Fixture: Send + Sync {
    /// Returns whether the backend has a server, and whether [`down`](Self::down) and [`up`](Self::up) control it.
    fn server(&self) -> Server;

    /// Takes the server down, and returns once it is. What it has stored stays.
    fn down(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Brings it up again, and returns once it answers.
    fn up(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// Dependency of a backend on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// No server: the backend cannot be away.
    None,
    /// A server that the fixture takes down and up.
    Controlled,
    /// A server that the fixture cannot take down. Promises about outages are reported as [skipped](crate::testing::skip).
    Fixed,
}

/// Argument of [`suite!`](macro@crate::testing::suite): a fixture, or `None` if the test has been
/// [skipped](crate::testing::skip).
pub trait IntoFixture {
    /// The fixture.
    type Fixture: Fixture;

    /// Returns the fixture, if the test is to run.
    fn into_fixture(self) -> Option<Self::Fixture>;
}

impl<F: Fixture> IntoFixture for F {
    type Fixture = F;

    fn into_fixture(self) -> Option<F> {
        Some(self)
    }
}

impl<F: Fixture> IntoFixture for Option<F> {
    type Fixture = F;

    fn into_fixture(self) -> Option<F> {
        self
    }
}

/// For a broker within the process. One that keeps its events elsewhere has a server, and a fixture of its own.
impl Fixture for Broker {
    fn server(&self) -> Server {
        if self.capabilities().survives_restart { Server::Fixed } else { Server::None }
    }
}

/// For a registry without a server.
impl Fixture for Registry {
    fn server(&self) -> Server {
        Server::None
    }
}
