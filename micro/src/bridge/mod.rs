//! Components that combine several modules, so that those do not depend on each other.
//!
//! - [`direct`]: a broker without a server, built on the registry and micro's own calls
//! - [`Hosted`]: a backend that other programs reach through the port of the program it runs in

pub mod direct;
mod hosted;

pub use hosted::{Host, Hosted};
