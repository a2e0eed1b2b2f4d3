//! Foreign errors: kept for the log under an id, withheld from the peer.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

use super::{Code, Error, Inner};
use crate::util::random;

/// The id that joins what a peer was told with what the log says.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorId(u64);

impl ErrorId {
    fn random() -> Self {
        ErrorId(random::u64())
    }
}

impl fmt::Display for ErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for ErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Conversion of a user's error type into an [`Error`] with `?`, collected at link time.
///
/// Gives the error back when it is of another type.
pub struct ErrorConverter(pub fn(Boxed) -> Result<Error, Boxed>);

inventory::collect!(ErrorConverter);

type Boxed = Box<dyn StdError + Send + Sync>;

impl<E> From<E> for Error
where
    E: StdError + Send + Sync + 'static,
{
    fn from(error: E) -> Self {
        Error::from_boxed(error)
    }
}

impl Error {
    /// Takes in what converts into a boxed standard error and is none itself: a `Box<dyn Error + Send + Sync>`, an
    /// `anyhow::Error`, text.
    ///
    /// An [`Error`] that was boxed comes back as it was, an enum with [`#[derive(micro::Error)]`](derive@crate::Error) as its
    /// variant says, and anything else becomes [`Code::Internal`] with an [`id`](Error::id). Standard errors convert in the same
    /// way with `?`; text does not, because the peer would read an id in its place.
    ///
    /// ```
    /// use micro::{Code, Error, Result};
    ///
    /// fn legacy() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    ///     Ok("three".parse()?)
    /// }
    ///
    /// fn handler() -> Result<u32> {
    ///     legacy().map_err(Error::from_boxed)
    /// }
    ///
    /// assert_eq!(handler().unwrap_err().code(), Code::Internal);
    /// ```
    pub fn from_boxed(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = match error.into().downcast::<Inner>() {
            Ok(inner) => return Error(inner),
            Err(error) => error,
        };
        for mapping in inventory::iter::<ErrorConverter> {
            error = match mapping.0(error) {
                Ok(mapped) => return mapped,
                Err(error) => error,
            };
        }
        Self::withheld(error)
    }

    /// A panic's payload as an error: the peer learns an id, the log the text.
    pub fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&'static str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a payload that is not text".to_owned());
        Self::withheld(format!("panicked: {text}").into())
    }

    fn withheld(error: Boxed) -> Self {
        let id = ErrorId::random();
        let mut withheld =
            Error::new(Code::Internal, format!("internal error, logged under id `{id}`")).with_source(error);
        withheld.0.id = Some(id);
        withheld
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn foreign() -> io::Error {
        io::Error::other("password is hunter2")
    }

    #[test]
    fn a_foreign_error_keeps_its_text_for_the_log() {
        let error = Error::from(foreign());
        assert_eq!(error.code(), Code::Internal);
        let id = error.id().expect("an unmapped error has an id").to_string();
        assert!(error.message().contains(&id));
        assert!(!error.message().contains("hunter2"));
        assert!(!format!("{error}").contains("hunter2"));
        assert!(format!("{error:#}").contains("hunter2"));
    }

    #[test]
    fn text_and_boxed_errors_are_taken_in() {
        let boxed: Boxed = foreign().into();
        assert_eq!(Error::from_boxed(boxed).code(), Code::Internal);
        assert_eq!(Error::from_boxed("broken").source().expect("kept").to_string(), "broken");
        let ours = Error::not_found("no user `7`");
        assert_eq!(Error::from_boxed(ours.clone()), ours);
    }

    #[test]
    fn question_mark_leads_into_a_boxed_error_and_back() {
        fn out() -> Result<(), Box<dyn StdError + Send + Sync>> {
            Err(Error::not_found("no user `7`"))?
        }
        fn back() -> Result<(), Error> {
            out().map_err(Error::from_boxed)
        }
        assert_eq!(out().unwrap_err().to_string(), "no user `7` (not_found)");
        assert_eq!(back().unwrap_err(), Error::not_found("no user `7`"));
    }

    #[test]
    fn our_own_error_survives_the_way_through_a_standard_one() {
        let error = Error::not_found("no user `7`").with("table", "users");
        let back = Error::from_boxed(error.clone().into_boxed());
        assert_eq!(back, error);
        assert_eq!(back.context().count(), 1);
        assert_eq!(back.id(), None);
    }

    #[test]
    fn main_may_return_a_boxed_error() {
        fn main() -> Result<(), Box<dyn StdError>> {
            Err(Error::unavailable("later"))?
        }
        assert_eq!(main().unwrap_err().to_string(), "later (unavailable)");
    }

    #[test]
    fn a_panic_with_any_payload_becomes_an_error() {
        assert!(format!("{:#}", Error::panicked(&"boom")).contains("boom"));
        assert!(format!("{:#}", Error::panicked(&String::from("boom"))).contains("boom"));
        assert_eq!(Error::panicked(&7_u32).code(), Code::Internal);
    }
}
