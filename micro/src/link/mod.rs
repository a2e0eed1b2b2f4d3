//! Connections to outside servers that several rooms share: one for each server, login and runtime.

#[cfg(any(feature = "broker-nats", feature = "config-nats"))]
pub mod nats;
