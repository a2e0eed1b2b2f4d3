use std::fmt;

use bytes::Bytes;

use super::guard;
use crate::context::Context;
use crate::rpc::{Streaming, Watch};

/// What travels one way, encoded: one message or a stream of them.
pub enum Payload {
    /// One message.
    One(Bytes),
    /// A stream of messages.
    Many(Streaming<Bytes>),
}

impl Payload {
    /// Ties a stream to the context of its call; one message passes unchanged.
    #[must_use]
    pub fn guarded(self, context: &Context) -> Self {
        match self {
            Payload::One(bytes) => Payload::One(bytes),
            Payload::Many(stream) => Payload::Many(guard::guarded(stream, context)),
        }
    }

    /// Passes a stream through `watch`; one message passes unchanged.
    pub(crate) fn watched(self, watch: Watch<'_>) -> Self {
        match self {
            Payload::One(bytes) => Payload::One(bytes),
            Payload::Many(stream) => Payload::Many(watch.apply(stream)),
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payload::One(bytes) => write!(f, "One({} bytes)", bytes.len()),
            Payload::Many(_) => f.write_str("Many(..)"),
        }
    }
}
