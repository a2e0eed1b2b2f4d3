//! Consumption of deliveries, common to all brokers: handlers, attempts, order, dead letters, and a shutdown without loss.

mod ack;
mod attempt;
mod consumer;
mod handler;
mod handler_fn;
mod key_queue;
mod options;
mod request;
mod shared;
#[cfg(test)]
mod tests;

pub use ack::Ack;
pub(crate) use consumer::Consumer;
pub use consumer::serve;
pub use handler::Handler;
pub use handler_fn::{handler_fn, keyed_handler_fn};
pub use options::{AckMode, ConsumerOptions};
pub use request::EventRequest;
