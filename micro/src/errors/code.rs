use std::fmt;
use std::str::FromStr;

/// Status code of a failure: the sixteen codes gRPC and Connect share.
///
/// The numbers are those of `google.rpc.Code`, the names those of the Connect protocol.
///
/// | Code | Number | HTTP | What the caller can do |
/// |---|---|---|---|
/// | `cancelled` | 1 | 499 | nothing: the caller itself gave up |
/// | `unknown` | 2 | 500 | read the message; the peer did not classify the failure |
/// | `invalid_argument` | 3 | 400 | correct the request |
/// | `deadline_exceeded` | 4 | 504 | ask again with more time, if the call may run twice |
/// | `not_found` | 5 | 404 | stop asking for this thing |
/// | `already_exists` | 6 | 409 | use the thing that exists |
/// | `permission_denied` | 7 | 403 | use other credentials |
/// | `resource_exhausted` | 8 | 429 | ask for less, or later |
/// | `failed_precondition` | 9 | 400 | bring the system into the right state first |
/// | `aborted` | 10 | 409 | retry the whole transaction |
/// | `out_of_range` | 11 | 400 | stay inside the range |
/// | `unimplemented` | 12 | 501 | use another method or a newer peer |
/// | `internal` | 13 | 500 | report it: an invariant is broken |
/// | `unavailable` | 14 | 503 | retry with back-off |
/// | `data_loss` | 15 | 500 | restore from elsewhere |
/// | `unauthenticated` | 16 | 401 | present valid credentials |
///
/// ```
/// use micro::Code;
///
/// assert_eq!(Code::NotFound.number(), 5);
/// assert_eq!("not_found".parse(), Ok(Code::NotFound));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// The caller gave up.
    Cancelled = 1,
    /// A failure the peer did not classify.
    Unknown = 2,
    /// The request is wrong whatever the state of the system.
    InvalidArgument = 3,
    /// Time ran out; the work may or may not have been done.
    DeadlineExceeded = 4,
    /// The requested entity does not exist.
    NotFound = 5,
    /// The entity to be created exists.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    PermissionDenied = 7,
    /// A quota, a queue or a size limit is full.
    ResourceExhausted = 8,
    /// The system is not in the state the request needs.
    FailedPrecondition = 9,
    /// A concurrent change got in the way.
    Aborted = 10,
    /// The request reaches past the end of something.
    OutOfRange = 11,
    /// The method or option does not exist here.
    Unimplemented = 12,
    /// An invariant of the peer is broken.
    Internal = 13,
    /// The service cannot be reached now.
    Unavailable = 14,
    /// Data is gone or corrupt.
    DataLoss = 15,
    /// The caller did not say, or could not prove, who it is.
    Unauthenticated = 16,
}

impl Code {
    /// Every code, by number.
    pub const ALL: [Code; 16] = [
        Code::Cancelled,
        Code::Unknown,
        Code::InvalidArgument,
        Code::DeadlineExceeded,
        Code::NotFound,
        Code::AlreadyExists,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::FailedPrecondition,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
        Code::Unauthenticated,
    ];

    /// The number used by gRPC.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The code of a gRPC number; `None` for 0 (success) and undefined numbers.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The name used by Connect and in logs: `not_found`.
    ///
    /// Connect spells the first code `canceled`; [`Code::from_str`] reads both.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::Cancelled => "canceled",
            Code::Unknown => "unknown",
            Code::InvalidArgument => "invalid_argument",
            Code::DeadlineExceeded => "deadline_exceeded",
            Code::NotFound => "not_found",
            Code::AlreadyExists => "already_exists",
            Code::PermissionDenied => "permission_denied",
            Code::ResourceExhausted => "resource_exhausted",
            Code::FailedPrecondition => "failed_precondition",
            Code::Aborted => "aborted",
            Code::OutOfRange => "out_of_range",
            Code::Unimplemented => "unimplemented",
            Code::Internal => "internal",
            Code::Unavailable => "unavailable",
            Code::DataLoss => "data_loss",
            Code::Unauthenticated => "unauthenticated",
        }
    }

    /// The HTTP status a unary Connect answer carries.
    pub const fn http_status(self) -> u16 {
        match self {
            Code::Cancelled => 499,
            Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => 400,
            Code::DeadlineExceeded => 504,
            Code::NotFound => 404,
            Code::AlreadyExists | Code::Aborted => 409,
            Code::PermissionDenied => 403,
            Code::ResourceExhausted => 429,
            Code::Unimplemented => 501,
            Code::Unavailable => 503,
            Code::Unauthenticated => 401,
            Code::Unknown | Code::Internal | Code::DataLoss => 500,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        if name == "cancelled" {
            return Ok(Code::Cancelled);
        }
        Self::ALL.into_iter().find(|code| code.as_str() == name).ok_or_else(|| UnknownCode(name.to_owned()))
    }
}

/// A name that is none of the sixteen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode(pub String);

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no error code", self.0)
    }
}

impl std::error::Error for UnknownCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back_to_their_code() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
            assert_eq!(code.as_str().parse(), Ok(code));
        }
        assert_eq!(Code::from_number(0), None);
        assert_eq!(Code::from_number(17), None);
        assert_eq!("cancelled".parse(), Ok(Code::Cancelled));
        assert!("NOT_FOUND".parse::<Code>().is_err());
    }
}
