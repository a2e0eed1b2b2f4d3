//! The calling end.

mod call;
mod compression;
mod connection;
mod connector;
mod frames;
mod h2_errors;
mod options;
mod outbound;
mod socket;

pub use connector::HttpConnector;
pub use options::{ClientOptions, Compress};
pub use outbound::HttpClient;
