//! The calling end.

mod call;
mod calls;
mod connection;
mod connector;
mod options;
mod outbound;

pub use connector::NativeConnector;
pub use options::NativeClientOptions;
pub use outbound::NativeClient;
