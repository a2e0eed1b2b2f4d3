//! Tracing of a call: one span around it, and an event for its error.

use tracing::{Level, Span};

use crate::context::{Context, CurrentMethod};
use crate::errors::Error;

/// The span of one call, around its handler, for subscribers that want spans: micro's own log asks [`CurrentMethod::current`] when
/// it has a line to write, because hardly any call writes one.
pub(super) fn span(called: CurrentMethod, context: &Context) -> Span {
    if !tracing::span_enabled!(target: "micro::call", Level::INFO) {
        return Span::none();
    }
    let mut digits = [0; 32];
    let trace = context.trace().map(|trace| in_hex(trace.trace_id(), &mut digits));
    tracing::info_span!(
        target: "micro::call",
        "call",
        service = called.service,
        method = called.method,
        trace,
        wire = context.wire(),
    )
}

/// An id of a trace, as W3C Trace Context writes it.
fn in_hex(id: u128, digits: &mut [u8; 32]) -> &str {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in digits.chunks_exact_mut(2).zip(id.to_be_bytes()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
    std::str::from_utf8(digits).expect("hexadecimal digits are text")
}

/// Writes down what a peer will not be told. A failure the author expressed is the caller's business, and only a
/// developer's curiosity here.
pub(super) fn failed(error: &Error) {
    match error.id() {
        Some(id) => tracing::error!(target: "micro::call", %id, "{error:#}"),
        None => tracing::debug!(target: "micro::call", code = %error.code(), "{error:#}"),
    }
}
