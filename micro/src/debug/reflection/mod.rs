//! `grpc.reflection`: service and message descriptors, for tools without the `.proto` files of the program.
//!
//! The two versions of the contract differ only in their names; both are served from one index of descriptors, built by
//! [`schema::descriptors`](crate::rpc::schema::descriptors), doc comments included.

mod contract;
mod index;

pub use contract::{v1, v1alpha};

use std::sync::Arc;

use contract::Reflector;
use index::Index;

use super::Readiness;
use crate::errors::Result;
use crate::rpc::{Service, ServiceDesc};

/// Creates the services `v1` and `v1alpha`, which describe `services`. Their streams end when `readiness` reports that the
/// program drains.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) if the services refer to two different types with the same full name.
pub fn services(services: &[&'static ServiceDesc], readiness: Readiness) -> Result<[Service; 2]> {
    Ok(contract::services(Reflector { index: Arc::new(Index::of(services)?), readiness }))
}

/// Returns the descriptions of the two reflection services, to be included in the described services.
pub fn descs() -> [&'static ServiceDesc; 2] {
    contract::descs()
}
