use crate::errors::Error;
use crate::message::MessageDesc;

/// Error type of a method: [`Error`], or an enum that maps to it and back.
///
/// [`#[derive(micro::Error)]`](derive@crate::Error) implements it for an enum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a service",
    label = "expected `micro::Error` or an error that maps to it",
    note = "write `#[derive(micro::Error)]` on your own enum, with a code for each variant"
)]
pub trait ServiceError: Sized + Send + 'static {
    /// The messages it may carry as details.
    const DETAILS: &'static [&'static MessageDesc] = &[];

    /// As the error that travels.
    fn into_error(self) -> Error;
    /// From the error that travelled.
    fn from_error(error: Error) -> Self;
}

impl ServiceError for Error {
    fn into_error(self) -> Error {
        self
    }

    fn from_error(error: Error) -> Self {
        error
    }
}
