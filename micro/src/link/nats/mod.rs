//! One connection to NATS for all rooms that name the same servers and the same login.
//!
//! [`NatsLocation`] reads a URL, and [`connect`] returns a [`NatsConnection`]. It ends with its last clone, and until then reconnects by
//! itself. A [`NatsDialer`] is for rooms that start without their server: it keeps dialling until there is a connection, and knows
//! whether there is one.
//!
//! The driver logs its addresses, so credentials are taken out of the URL before the driver is given it.

mod connection;
mod dialer;
mod error;
mod state;
mod url;

use std::time::Duration;

pub use connection::{NatsConnection, connect};
pub use dialer::NatsDialer;
pub use error::{failed, jetstream_code};
pub use state::{State, StateWatch};
pub use url::{NatsAddress, NatsLocation};

/// Timeout for connecting, and for a request.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
