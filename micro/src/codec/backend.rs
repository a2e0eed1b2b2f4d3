//! The codec interface.

use std::fmt;

use bytes::Bytes;

#[cfg(any(feature = "codec-cbor", feature = "codec-msgpack"))]
use crate::errors::Error;
use crate::errors::Result;
use crate::message::{Decode, Encode};

/// A codec.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// The name in content types: `json`.
    fn name(&self) -> &'static str;

    /// Appends `message` to `out`.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`](crate::Code::Internal) when the message holds what the format cannot say.
    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()>;

    /// Reads one message, which is all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) with the path to the field that is wrong.
    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()>;
}

/// Describes the error of a foreign decoder about bytes from a peer.
#[cfg(any(feature = "codec-cbor", feature = "codec-msgpack"))]
pub(super) fn unreadable(format: &str, error: &dyn fmt::Display) -> Error {
    Error::invalid_argument(format!("malformed {format}: {error}"))
}

/// Refuses what stands behind a message.
#[cfg(any(feature = "codec-cbor", feature = "codec-msgpack"))]
pub(super) fn trailing(rest: &[u8]) -> Result<()> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(Error::invalid_argument(format!("{} bytes behind the message", rest.len())))
    }
}
