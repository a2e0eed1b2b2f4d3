//! Types allowed in a method's signature, decided by type and not by spelling, so that aliases work.

use bytes::Bytes;
use futures_util::StreamExt;

use super::payload::Payload;
use super::service_error::ServiceError;
use super::streaming::{Streaming, Wrap};
use crate::codec::Codec;
use crate::errors::{Error, Result};
use crate::message::{Encode, Message, MessageDesc};

/// One side of a method: a message, `()`, or a [`Streaming`] of messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a service method",
    label = "expected a message, `()` or `Streaming<message>`",
    note = "write `#[micro::message]` on your own type"
)]
pub trait Body: Sized + Send + 'static {
    /// `true` for a stream.
    const STREAMING: bool;

    /// The messages that the errors of a stream may carry as details.
    const DETAILS: &'static [&'static MessageDesc] = &[];

    /// The message, or each of them.
    fn desc() -> &'static MessageDesc;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the bytes are not that message.
    fn from_payload(payload: Payload, codec: Codec) -> Result<Self>;

    /// Writes it.
    ///
    /// # Errors
    ///
    /// [`Internal`](crate::Code::Internal) when the format cannot say it.
    fn into_payload(self, codec: Codec) -> Result<Payload>;

    /// The message, where it is one; nothing of a stream, which can be read only once.
    fn message(&self) -> Option<&dyn Encode>;

    /// Passes a stream through `wrap`; a message passes unchanged.
    #[doc(hidden)]
    fn wrapped(self, wrap: impl Wrap) -> Self;
}

#[diagnostic::do_not_recommend]
impl<M: Message + Send> Body for M {
    const STREAMING: bool = false;

    fn desc() -> &'static MessageDesc {
        M::DESC
    }

    fn from_payload(payload: Payload, codec: Codec) -> Result<Self> {
        match payload {
            Payload::One(bytes) => codec.decode(&bytes),
            Payload::Many(_) => Err(Error::invalid_argument("a stream where one message was expected")),
        }
    }

    fn into_payload(self, codec: Codec) -> Result<Payload> {
        codec.encode(&self).map(Payload::One)
    }

    fn message(&self) -> Option<&dyn Encode> {
        Some(self)
    }

    fn wrapped(self, _: impl Wrap) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<M: Message + Send, E: ServiceError> Body for Streaming<M, E> {
    const STREAMING: bool = true;
    const DETAILS: &'static [&'static MessageDesc] = E::DETAILS;

    fn desc() -> &'static MessageDesc {
        M::DESC
    }

    fn from_payload(payload: Payload, codec: Codec) -> Result<Self> {
        let decode = move |bytes: Result<Bytes>| bytes.and_then(|bytes| codec.decode(&bytes)).map_err(E::from_error);
        Ok(match payload {
            Payload::Many(items) => Streaming::new(items.map(decode)),
            // A caller of an older contract sends one message where there is now a stream.
            Payload::One(bytes) => Streaming::new(futures_util::stream::iter([decode(Ok(bytes))])),
        })
    }

    fn into_payload(self, codec: Codec) -> Result<Payload> {
        let encode = move |item: Result<M, E>| codec.encode(&item.map_err(E::into_error)?);
        Ok(Payload::Many(Streaming::new(self.map(encode))))
    }

    fn message(&self) -> Option<&dyn Encode> {
        None
    }

    fn wrapped(self, wrap: impl Wrap) -> Self {
        wrap.wrap(self)
    }
}

/// Return type of a method: any `Result` of a [`Body`], also behind an alias.
#[diagnostic::on_unimplemented(
    message = "a service method returns a `Result`, found `{Self}`",
    label = "expected `Result<message>`, `Result<()>` or `Result<Streaming<message>>`"
)]
pub trait MethodResult: Send + 'static {
    /// The answer.
    type Ok: Body;
    /// The failure.
    type Err: ServiceError;

    /// As a plain `Result`.
    fn into_result(self) -> Result<Self::Ok, Self::Err>;
    /// From a plain `Result`.
    fn from_result(result: Result<Self::Ok, Self::Err>) -> Self;
}

impl<T: Body, E: ServiceError> MethodResult for Result<T, E> {
    type Ok = T;
    type Err = E;

    fn into_result(self) -> Result<T, E> {
        self
    }

    fn from_result(result: Result<T, E>) -> Self {
        result
    }
}
