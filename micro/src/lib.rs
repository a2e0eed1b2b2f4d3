//! A framework for distributed services: annotate a contract, an implementation and a settings struct; micro does the wiring.

// Generated code says `::micro`, also where it is expanded inside this crate.
#[allow(unused_extern_crates)]
extern crate self as micro;

pub mod context;
pub mod errors;
pub mod metadata;
pub mod prelude;
pub mod util;

pub use context::{Context, spawn};
pub use errors::{Code, Error, Result};
