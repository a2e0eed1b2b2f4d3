//! Whether a failed call can have run: what hyper and h2 say, read with care.
//!
//! The code never tells; what matters is how far the request got. Everything not listed here may have run.

use std::error::Error as StdError;

use h2::Reason;

use crate::errors::{Code, Error, Fate};

/// Whether the caller's side was complete when the request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One message, sent with its headers.
    One,
    /// A stream. h2 may report a GOAWAY for a stream whose headers were only queued, and then says less.
    Many,
}

/// The failure of an attempt that got no response headers.
pub(super) fn before_headers(error: hyper::Error, shape: Shape) -> Error {
    let never = error.is_canceled()
        || find::<h2::Error>(&error).is_some_and(|h2| {
            let refused = h2.is_reset() && h2.is_remote() && h2.reason() == Some(Reason::REFUSED_STREAM);
            // h2 gives this to streams above the last one the peer promised to answer.
            let beyond = h2.is_go_away() && h2.is_remote() && shape == Shape::One;
            refused || beyond
        });
    let fate = if never { Fate::Never } else { Fate::Unknown };
    describe(error).with_fate(fate)
}

/// The failure of an attempt whose response had begun.
pub(super) fn after_headers(error: hyper::Error) -> Error {
    describe(error)
}

/// The failure of an attempt whose request never left.
pub(super) fn not_sent(message: String) -> Error {
    Error::unavailable(message).with_fate(Fate::Never)
}

/// Whether the failure is of one call and leaves the connection usable.
pub(super) fn spares_connection(error: &hyper::Error) -> bool {
    error.is_user() || find::<h2::Error>(error).is_some_and(h2::Error::is_reset)
}

fn describe(error: hyper::Error) -> Error {
    let reset = find::<h2::Error>(&error).filter(|h2| h2.is_reset()).and_then(h2::Error::reason);
    let (code, message) = match reset {
        None => (Code::Unavailable, "the connection to the peer was lost".to_owned()),
        // gRPC's own table.
        Some(Reason::REFUSED_STREAM) => (Code::Unavailable, "the peer refused the call".to_owned()),
        Some(Reason::CANCEL) => (Code::Cancelled, "the peer cancelled the call".to_owned()),
        Some(Reason::ENHANCE_YOUR_CALM) => (Code::ResourceExhausted, "the peer is overwhelmed".to_owned()),
        Some(Reason::INADEQUATE_SECURITY) => (Code::PermissionDenied, "the peer asks for more security".to_owned()),
        Some(reason) => (Code::Internal, format!("the peer reset the call: {}", reason.description())),
    };
    Error::new(code, message).from_source(error)
}

fn find<E: StdError + 'static>(error: &hyper::Error) -> Option<&E> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
