//! Execution state of failed calls, derived from errors of h2.
//!
//! The code never tells; what matters is how far the request got. Everything not listed here may have run.

use h2::Reason;

use crate::errors::{Code, Error, Execution};

/// Completeness of the caller's side when the request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestShape {
    /// One message, sent with its headers.
    One,
    /// A stream. h2 may report a GOAWAY for a stream whose headers were only queued, and then says less.
    Many,
}

/// The failure of an attempt that got no response headers.
pub(super) fn before_headers(error: h2::Error, shape: RequestShape) -> Error {
    let refused = error.is_reset() && error.is_remote() && error.reason() == Some(Reason::REFUSED_STREAM);
    // h2 gives this to streams above the last one the peer promised to answer.
    let beyond = error.is_go_away() && error.is_remote() && shape == RequestShape::One;
    let execution = if refused || beyond { Execution::NotStarted } else { Execution::Unknown };
    describe(error).with_execution(execution)
}

/// The failure of an attempt whose response had begun.
pub(super) fn after_headers(error: h2::Error) -> Error {
    describe(error)
}

/// Returns `true` if the failure concerns one call and leaves the connection usable.
pub(super) fn spares_connection(error: &h2::Error) -> bool {
    error.is_reset()
}

fn describe(error: h2::Error) -> Error {
    let reset = error.reason().filter(|_| error.is_reset());
    let (code, message) = match reset {
        None => (Code::Unavailable, "the connection to the peer was lost".to_owned()),
        // gRPC's own table.
        Some(Reason::REFUSED_STREAM) => (Code::Unavailable, "the peer refused the call".to_owned()),
        Some(Reason::CANCEL) => (Code::Cancelled, "the peer cancelled the call".to_owned()),
        Some(Reason::ENHANCE_YOUR_CALM) => (Code::ResourceExhausted, "the peer is overwhelmed".to_owned()),
        Some(Reason::INADEQUATE_SECURITY) => (Code::PermissionDenied, "the peer asks for more security".to_owned()),
        Some(reason) => (Code::Internal, format!("the peer reset the call: {}", reason.description())),
    };
    Error::new(code, message).with_source(error)
}
