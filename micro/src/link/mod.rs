//! Connections that several rooms share: one for each server and process, whoever asks first makes it.

#[cfg(any(feature = "broker-nats", feature = "config-nats"))]
pub mod nats;
