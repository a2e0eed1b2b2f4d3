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
pub use options::{Compress, HttpClientOptions};
pub use outbound::HttpClient;
