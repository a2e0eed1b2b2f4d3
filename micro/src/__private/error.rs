//! The functions in the expansion of `#[derive(micro::Error)]`.

use std::error::Error as StdError;
use std::fmt::Display;

use crate::errors::{Code, Error};
use crate::message::Message;
use crate::rpc::Fault;

/// What a variant says.
pub fn words(error: &impl Display) -> String {
    error.to_string()
}

/// A variant as the error that travels: its fields are a detail.
pub fn fault(code: Code, words: String, fields: &impl Message) -> Error {
    Error::new(code, words).with_detail(fields)
}

/// What the error a variant holds comes from.
pub fn cause(error: &Error) -> Option<&(dyn StdError + 'static)> {
    error.source().map(|source| source as &(dyn StdError + 'static))
}

/// The mapping of an error that is an `E`.
pub fn mapped<E: Fault + StdError + Sync>(
    error: Box<dyn StdError + Send + Sync>,
) -> Result<Error, Box<dyn StdError + Send + Sync>> {
    error.downcast::<E>().map(|error| error.into_error())
}
