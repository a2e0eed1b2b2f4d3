//! One connection to NATS for all rooms that name the same servers and the same login.
//!
//! [`Location`] reads a URL, and [`connect`] returns a [`Connection`]. It ends with its last clone, and until then reconnects by
//! itself. A [`Dialer`] is for rooms that start without their server: it keeps dialling until there is a connection, and knows
//! whether there is one.
//!
//! The driver logs its addresses, so credentials are taken out of the URL before the driver is given it.

mod connection;
mod dialer;
mod error;
mod state;
mod url;

use std::time::Duration;

pub use connection::{Connection, connect};
pub use dialer::Dialer;
pub use error::{failed, jetstream_code};
pub use state::{State, StateWatch};
pub use url::{Address, Location};

/// Timeout for connecting, and for a request.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
