//! Places where two plugs meet, so that neither has to know of the other.
//!
//! - [`direct`]: the broker that needs no server, out of the registry and the wire
//! - [`Hosted`]: a backend that other programs reach through the port of the program it runs in

pub mod direct;
mod hosted;

pub use hosted::{Host, Hosted};
