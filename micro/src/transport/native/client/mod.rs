//! The calling end.

mod call;
mod calls;
mod connection;
mod connector;
mod options;

pub use connector::{NativeClient, NativeConnector};
pub use options::ClientOptions;
