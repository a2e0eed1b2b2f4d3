//! `grpc.reflection`: what a program speaks, for tools that have no `.proto` files of it.
//!
//! The two versions of the contract are the same but for their names; both are answered from one [`Reflection`].

mod contract;
mod index;

pub use contract::{v1, v1alpha};

use std::sync::Arc;

use index::Index;

use super::Readiness;
use crate::rpc::{Service, ServiceDesc};
use crate::util::lifecycle::Lifecycle;

/// Everything a program can say about its services.
#[derive(Clone, Debug)]
pub struct Reflection {
    index: Arc<Index>,
    readiness: Readiness,
}

impl Reflection {
    /// What there is to say about `services`. Streams of questions end when `readiness` says that the program drains.
    pub fn new(services: &[&'static ServiceDesc], readiness: Readiness) -> Self {
        Reflection { index: Arc::new(Index::of(services)), readiness }
    }

    /// The services that say it: `v1` and `v1alpha`.
    pub fn services(self) -> [Service; 2] {
        [v1::ServerReflectionServer::new(self.clone()), v1alpha::ServerReflectionServer::new(self)]
    }
}

/// The descriptions of those services, which are to be among what is talked about.
pub fn descs() -> [&'static ServiceDesc; 2] {
    let nothing = Reflection::new(&[], Readiness::new(Lifecycle::new()));
    nothing.services().map(|service| service.desc())
}
