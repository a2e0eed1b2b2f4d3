//! The broker test suite, within one process, among several, and over sockets.

use std::future::ready;

use super::world::{Apart, Process, World};
use crate::broker::Broker;
use crate::testing::suite::{self, Server};

/// Processes that live as long as the test, and the broker that they are together.
struct Processes {
    broker: Broker,
    _world: World,
    _processes: Vec<Process>,
}

impl Processes {
    fn one() -> Self {
        let world = World::new();
        let process = world.process("a");
        Processes { broker: process.broker.clone(), _world: world, _processes: vec![process] }
    }

    /// Creates processes of which one publishes and two others subscribe.
    fn apart() -> Self {
        let world = World::new();
        let (a, b, c) = (world.process("a"), world.process("b"), world.process("c"));
        let broker = Apart::broker(&a.direct, &[b.direct.clone(), c.direct.clone()]);
        Processes { broker, _world: world, _processes: vec![a, b, c] }
    }

    /// Creates two processes of which one publishes and both subscribe.
    fn among() -> Self {
        let world = World::new();
        let (a, b) = (world.process("a"), world.process("b"));
        let broker = Apart::broker(&a.direct, &[a.direct.clone(), b.direct.clone()]);
        Processes { broker, _world: world, _processes: vec![a, b] }
    }
}

impl suite::Fixture for Processes {
    fn server(&self) -> Server {
        Server::None
    }
}

impl suite::broker::Fixture for Processes {
    fn broker(&self) -> impl Future<Output = Broker> + Send {
        ready(self.broker.clone())
    }
}

mod one_process {
    crate::testing::suite! {
        #[tokio::test(start_paused = true)]
        broker(super::Processes::one())
    }
}

mod processes_apart {
    crate::testing::suite! {
        #[tokio::test(start_paused = true)]
        broker(super::Processes::apart())
    }
}

mod a_publisher_among_subscribers {
    crate::testing::suite! {
        #[tokio::test(start_paused = true)]
        broker(super::Processes::among())
    }
}
