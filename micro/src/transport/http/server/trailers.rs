//! The end of an answer in gRPC: its status, and the trailers of the handler.

use http::HeaderMap;

use crate::context::Context;
use crate::errors::Error;
use crate::transport::http::{metadata, status};

/// The trailers of a call that ended with `error`, or without one.
pub(super) fn trailers(context: &Context, error: Option<&Error>) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(1);
    put(context, error, &mut trailers);
    trailers
}

/// Adds them to what is there.
pub(super) fn put(context: &Context, error: Option<&Error>, trailers: &mut HeaderMap) {
    status::to_trailers(error, trailers);
    metadata::to_reply(&context.take_reply_trailers(), trailers);
}
