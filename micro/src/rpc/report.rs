//! What the log learns of a call: one span around it, and what it failed with.

use std::fmt;

use tracing::{Level, Span};

use crate::context::Context;
use crate::errors::Error;
use crate::rpc::ServiceDesc;

/// The span of one call, around its handler.
pub(super) fn span(service: &ServiceDesc, index: usize, context: &Context) -> Span {
    if !tracing::enabled!(target: "micro::call", Level::INFO) {
        return Span::none();
    }
    let trace = context.trace().map(|trace| tracing::field::display(TraceId(trace.trace_id())));
    tracing::info_span!(
        target: "micro::call",
        "call",
        service = service.name(),
        method = service.method_descs()[index].name(),
        trace,
        wire = context.wire(),
    )
}

/// An id of a trace, as W3C Trace Context writes it.
struct TraceId(u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Writes down what a peer will not be told. A failure the author expressed is the caller's business, and only a
/// developer's curiosity here.
pub(super) fn failed(error: &Error) {
    match error.id() {
        Some(id) => tracing::error!(target: "micro::call", %id, "{error:#}"),
        None => tracing::debug!(target: "micro::call", code = %error.code(), "{error:#}"),
    }
}
