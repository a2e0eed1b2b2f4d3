use std::time::Duration;

use crate::errors::{Code, Error, Execution};

/// Outcome of a call, an attempt or a stream.
///
/// ```
/// use std::time::Duration;
/// use micro::rpc::CallOutcome;
/// use micro::{Code, Error};
///
/// let outcome = CallOutcome::new(Some(&Error::not_found("no such user")), Duration::from_millis(3));
/// assert_eq!(outcome.code(), Some(Code::NotFound));
/// assert!(!outcome.is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallOutcome {
    code: Option<Code>,
    execution: Execution,
    latency: Duration,
}

impl CallOutcome {
    /// An end with `error`, or without one, after `latency`.
    pub fn new(error: Option<&Error>, latency: Duration) -> Self {
        let execution = error.map_or(Execution::Unknown, Error::execution);
        CallOutcome { code: error.map(Error::code), execution, latency }
    }

    /// A caller that gave up after `latency`.
    pub fn cancelled(latency: Duration) -> Self {
        CallOutcome { code: Some(Code::Cancelled), execution: Execution::Unknown, latency }
    }

    /// The code of the failure; `None` after a success.
    pub fn code(&self) -> Option<Code> {
        self.code
    }

    /// Returns `true` on success.
    pub fn is_ok(&self) -> bool {
        self.code.is_none()
    }

    /// Returns whether the method can have run. After a success it has.
    pub fn execution(&self) -> Execution {
        self.execution
    }

    /// Returns `true` if the node could not be reached, or refused to run the call.
    pub fn is_unreachable(&self) -> bool {
        self.code == Some(Code::Unavailable) && self.execution == Execution::NotStarted
    }

    /// The time it took: of a call and of a stream up to its end, of an attempt up to its answer.
    pub fn latency(&self) -> Duration {
        self.latency
    }
}
