//! Connections that several rooms share: one for each server and process, whoever asks first makes it.

#[cfg(feature = "config-nats")]
pub mod nats;
