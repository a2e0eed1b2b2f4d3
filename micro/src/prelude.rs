//! The common imports of a service: `use micro::prelude::*;`.

pub use crate::broker::Publisher;
pub use crate::client::ServiceClient;
pub use crate::config::Config;
pub use crate::{CallOptions, Code, Context, Error, Result, Streaming};
