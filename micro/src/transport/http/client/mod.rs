//! The calling end.

mod call;
mod connection;
mod connector;
mod frames;
mod h2_errors;
mod options;
mod outbound;
mod packing;
mod socket;

pub use connector::HttpConnector;
pub use options::{ClientOptions, Compress};
pub use outbound::HttpClient;
