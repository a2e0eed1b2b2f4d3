use std::borrow::Cow;

use crate::errors::{Error, Execution};

/// The failure of an attempt before anything of the call was sent: the method cannot have run.
pub(crate) fn not_sent(message: impl Into<Cow<'static, str>>) -> Error {
    Error::unavailable(message).with_execution(Execution::NotStarted)
}
