//! What is done with deliveries, once for all brokers: handlers, tries, order, dead letters, and an end without loss.

mod ack;
mod consumer;
mod function;
mod given;
mod handler;
mod key_queue;
mod one;
mod options;
mod shared;
#[cfg(test)]
mod tests;

pub use ack::Ack;
pub(crate) use consumer::Serving;
pub use consumer::serve;
pub use function::{function, keyed};
pub use given::Given;
pub use handler::Handler;
pub use options::{Handling, Settling};
