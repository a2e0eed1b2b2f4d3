use std::fmt;

/// Text shown in place of a secret.
pub(super) const MASK: &str = "***";

/// A setting that is never shown: not in logs, dumps, messages or panics.
///
/// A field of this type is a secret without further marking.
///
/// ```
/// use micro::config::Secret;
///
/// let token = Secret::new("open sesame".to_owned());
/// assert_eq!(format!("{token:?} {token}"), "*** ***");
/// assert_eq!(token.expose(), "open sesame");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Creates a secret.
    pub const fn new(value: T) -> Self {
        Secret(value)
    }

    /// Returns the value in clear text, for the code that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Returns the value in clear text, consuming the secret.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}
