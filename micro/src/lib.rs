//! A framework for distributed services: annotate a contract, an implementation and a settings struct; micro does the wiring.
#![forbid(unsafe_code)]

extern crate self as micro;

pub mod errors;
pub mod message;
pub mod util;

pub use errors::{Code, Error, Result};
pub use micro_macros::message;

#[doc(hidden)]
pub mod __private;
