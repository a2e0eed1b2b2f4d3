//! The calling end.

mod call;
mod connection;
mod connector;
mod fate;
mod frames;
mod options;
mod packing;
mod socket;

pub use connector::{HttpClient, HttpConnector};
pub use options::{ClientOptions, Compress};
