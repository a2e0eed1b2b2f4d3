//! `grpc.reflection`: what a program speaks, for tools that have no `.proto` files of it.
//!
//! The two versions of the contract are the same but for their names; both are answered from one index of descriptors, which
//! [`schema::descriptors`](crate::rpc::schema::descriptors) makes, doc comments included.

mod contract;
mod index;

pub use contract::{v1, v1alpha};

use std::sync::Arc;

use contract::Reflector;
use index::Index;

use super::Readiness;
use crate::errors::Result;
use crate::rpc::{Service, ServiceDesc};

/// The services `v1` and `v1alpha`, which answer questions about `services`. Streams of questions end when `readiness` says
/// that the program drains.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when the services refer to two types that have one full name and differ.
pub fn services(services: &[&'static ServiceDesc], readiness: Readiness) -> Result<[Service; 2]> {
    Ok(contract::services(Reflector { index: Arc::new(Index::of(services)?), readiness }))
}

/// The descriptions of those services, which are to be among what is talked about.
pub fn descs() -> [&'static ServiceDesc; 2] {
    contract::descs()
}
