//! Places where two plugs meet, so that neither has to know of the other.
//!
//! - [`direct`]: the broker that needs no server, out of the registry and the wire

pub mod direct;
