//! Protocol errors, which end a connection.

use std::borrow::Cow;
use std::fmt;

/// The reason BYE gives; 0 is none, when a side is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// A frame that cannot be read, or that this side does not send.
    Malformed = 1,
    /// Longer than was allowed.
    TooLong = 2,
    /// Ids and methods that do not follow one another.
    OutOfOrder = 3,
    /// More than was allowed.
    TooMany = 4,
    /// More on a stream than its reader had room for.
    OverCredit = 5,
    /// The peer was silent for too long.
    Silent = 6,
}

/// A violation of the protocol by the peer: the connection ends with it.
#[derive(Clone, Debug)]
pub(super) struct ProtocolError {
    reason: Reason,
    words: Cow<'static, str>,
}

impl ProtocolError {
    pub(super) fn new(reason: Reason, words: impl Into<Cow<'static, str>>) -> Self {
        ProtocolError { reason, words: words.into() }
    }

    pub(super) fn malformed(words: &'static str) -> Self {
        ProtocolError::new(Reason::Malformed, words)
    }

    pub(super) fn out_of_order(words: &'static str) -> Self {
        ProtocolError::new(Reason::OutOfOrder, words)
    }

    pub(super) fn reason(&self) -> Reason {
        self.reason
    }

    pub(super) fn words(&self) -> &str {
        &self.words
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.words, self.reason)
    }
}

impl std::error::Error for ProtocolError {}
