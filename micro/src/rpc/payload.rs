use std::fmt;

use bytes::Bytes;

use super::guard::Replies;
use super::streaming::{Streaming, Wrap};
use crate::context::Context;

/// Encoded messages of one direction: one message or a stream of them.
pub enum Payload {
    /// One message.
    One(Bytes),
    /// A stream of messages.
    Many(Streaming<Bytes>),
}

impl Payload {
    /// Ties the stream of a reply to the context of its call: it is polled in that context, ends at its deadline, and its panic is
    /// an error. One message passes unchanged.
    #[must_use]
    pub fn guarded(self, context: &Context) -> Self {
        self.wrapped(Replies(context))
    }

    /// Passes a stream through `wrap`; one message passes unchanged.
    pub(crate) fn wrapped(self, wrap: impl Wrap) -> Self {
        match self {
            Payload::One(bytes) => Payload::One(bytes),
            Payload::Many(stream) => Payload::Many(wrap.wrap(stream)),
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
