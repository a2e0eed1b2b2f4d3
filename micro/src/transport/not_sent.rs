use std::borrow::Cow;

use crate::errors::{Error, Fate};

/// The failure of an attempt before anything of the call was sent: the method cannot have run.
pub(crate) fn not_sent(message: impl Into<Cow<'static, str>>) -> Error {
    Error::unavailable(message).with_fate(Fate::Never)
}
