//! The functions in the expansion of `#[derive(micro::Error)]`.

use std::error::Error as StdError;
use std::fmt::{self, Display};

use crate::errors::{Code, Error};
use crate::message::Message;
use crate::rpc::ServiceError;

/// Returns the text of a variant.
pub fn words(error: &impl Display) -> String {
    error.to_string()
}

/// A variant as the error that travels: its fields are a detail.
pub fn fault(code: Code, words: String, fields: &impl Message) -> Error {
    Error::new(code, words).with_detail(fields)
}

/// The error that the variant marked `other` holds: [`Error`], and no other type.
#[diagnostic::on_unimplemented(
    message = "the variant marked `other` holds a `micro::Error`, found `{Self}`",
    label = "expected `micro::Error`",
    note = "the variant takes every failure that is none of the others, those of the network too; \
            give an error of another type a variant of its own, or turn it into a `micro::Error` with `?`"
)]
pub trait Other: Sized {
    /// From the error that travelled.
    fn from_error(error: Error) -> Self;
    /// As the error that travels.
    fn into_error(self) -> Error;
    /// As it reads.
    fn show(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result;
    /// Returns the source.
    fn cause(&self) -> Option<&(dyn StdError + 'static)>;
}

impl Other for Error {
    fn from_error(error: Error) -> Self {
        error
    }

    fn into_error(self) -> Error {
        self
    }

    fn show(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }

    fn cause(&self) -> Option<&(dyn StdError + 'static)> {
        self.source().map(|source| source as &(dyn StdError + 'static))
    }
}

/// The mapping of an error that is an `E`.
pub fn mapped<E: ServiceError + StdError + Sync>(
    error: Box<dyn StdError + Send + Sync>,
) -> Result<Error, Box<dyn StdError + Send + Sync>> {
    error.downcast::<E>().map(|error| error.into_error())
}
