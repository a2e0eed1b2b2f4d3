use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::Context;
use crate::metadata::Metadata;

/// Response headers and trailers, captured for the caller.
///
/// ```
/// use micro::client::{CallOptions, ResponseMetadata};
///
/// let replies = ResponseMetadata::new();
/// let options = CallOptions::new().with_response_metadata(&replies);
/// // after `greeter.with(options).hello(..).await`:
/// let left = replies.headers().get("x-quota-left").map(str::to_owned);
/// ```
///
/// Holds the metadata of the call that was started last. Clones share their contents.
#[derive(Clone, Default)]
pub struct ResponseMetadata(Arc<Mutex<Context>>);

impl ResponseMetadata {
    /// Creates an empty `ResponseMetadata`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the response headers.
    pub fn headers(&self) -> Metadata {
        self.last().reply_headers()
    }

    /// Returns the response trailers. Those of a stream are available after the stream has been read to its end.
    pub fn trailers(&self) -> Metadata {
        self.last().reply_trailers()
    }

    pub(super) fn begin(&self, context: &Context) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = context.clone();
    }

    fn last(&self) -> Context {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for ResponseMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").field("headers", &self.headers()).field("trailers", &self.trailers()).finish()
    }
}
