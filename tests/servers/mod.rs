//! Real servers, each a process of one test.

pub mod nats;
