use std::fmt;

use bytes::Bytes;

use crate::rpc::Streaming;

/// What travels one way, encoded: one message or a stream of them.
pub enum Payload {
    /// One message.
    One(Bytes),
    /// A stream of messages.
    Many(Streaming<Bytes>),
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payload::One(bytes) => write!(f, "One({} bytes)", bytes.len()),
            Payload::Many(_) => f.write_str("Many(..)"),
        }
    }
}
