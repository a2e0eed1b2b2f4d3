//! Events as Rust values, read.

use super::Event;
use crate::codec::Codec;
use crate::errors::{Error, Result};
use crate::message::Message;

/// Event parameter of a subscriber: a message, or the [`Event`] itself as received.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event",
    label = "expected a message, or `micro::broker::Event` for events as they come",
    note = "a subscriber's event is the first value it takes: mark it `#[micro::event(topic = \"..\")]`"
)]
pub trait FromEvent: Sized + Send + 'static {
    /// The value in `event`.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is not in there, or in a format this program does not know.
    fn from_event(event: &Event) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<M: Message> FromEvent for M {
    fn from_event(event: &Event) -> Result<Self> {
        event.read()
    }
}

impl FromEvent for Event {
    fn from_event(event: &Event) -> Result<Self> {
        Ok(event.clone())
    }
}

impl Event {
    /// The message that is its body, in whatever format its content type says.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is none, or in a format this program does not know.
    pub fn read<M: Message>(&self) -> Result<M> {
        let codec = Codec::of_content_type(&self.content_type).ok_or_else(|| {
            Error::invalid_argument(format!("no codec for `{}` here", self.content_type.escape_debug()))
        })?;
        codec.decode(&self.body)
    }
}
