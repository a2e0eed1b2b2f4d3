use crate::errors::Error;

/// What a method may fail with: [`Error`], or an enum that maps to it and back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a service method",
    label = "expected `micro::Error` or an error that maps to it",
    note = "implement `micro::rpc::Fault` for your own error"
)]
pub trait Fault: Sized + Send + 'static {
    /// As the error that travels.
    fn into_error(self) -> Error;
    /// From the error that travelled.
    fn from_error(error: Error) -> Self;
}

impl Fault for Error {
    fn into_error(self) -> Error {
        self
    }

    fn from_error(error: Error) -> Self {
        error
    }
}
