//! A framework for distributed services: annotate a contract, an implementation and a settings struct; micro does the wiring.

// Generated code says `::micro`, also where it is expanded inside this crate.
#[allow(unused_extern_crates)]
extern crate self as micro;

pub mod codec;
pub mod context;
pub mod errors;
pub mod message;
pub mod metadata;
pub mod prelude;
pub mod rpc;
pub mod server;
pub mod transport;
pub mod util;

pub use context::{Context, spawn};
pub use errors::{Code, Error, Result};
pub use rpc::Streaming;
