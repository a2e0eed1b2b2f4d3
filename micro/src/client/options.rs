use std::time::Duration;

use super::ResponseMetadata;
use crate::codec::Codec;
use crate::errors::Result;
use crate::metadata::Metadata;
use crate::selector::{Balancer, Filter};

/// Options of one call, or of all calls of one client.
///
/// ```
/// use std::time::Duration;
/// use micro::client::{CallOptions, Retry};
///
/// let options = CallOptions::new().with_timeout(Duration::from_millis(200)).with_retry(Retry::Never);
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    pub(super) timeout: Option<Duration>,
    pub(super) metadata: Metadata,
    pub(super) codec: Option<Codec>,
    pub(super) filter: Filter,
    pub(super) retry: Retry,
    pub(super) wait: Duration,
    pub(super) replies: Option<ResponseMetadata>,
    pub(super) idle: Option<Duration>,
    pub(super) balancer: Option<Balancer>,
    pub(super) hash: Option<u64>,
}

/// Retry policy for failed attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// Retries after `unavailable` if the method cannot have run or is idempotent, within a budget of a fifth of the calls plus
    /// ten retries per second.
    #[default]
    WhenSafe,
    /// No retries.
    Never,
}

impl CallOptions {
    /// Creates options that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the timeout. Default: the timeout of the method, else 30 s for unary calls and no limit for streams. An earlier
    /// deadline of the handler that makes the call takes precedence.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the idle timeout of a call with a stream: the maximum time without an item in either direction, after which the call
    /// fails with [`DeadlineExceeded`](crate::Code::DeadlineExceeded). Time in which the caller does not read the stream does not
    /// count. Default: the idle timeout of the client, which has no limit unless one is set.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Duration) -> Self {
        self.idle = Some(limit);
        self
    }

    /// Adds a metadata pair to the request.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the key or the value is not valid metadata.
    pub fn with_metadata(mut self, key: &str, value: impl Into<String>) -> Result<Self> {
        self.metadata.append(key, value)?;
        Ok(self)
    }

    /// Sets the codec of the messages. Default: protobuf. Calls within the process are not encoded.
    #[must_use]
    pub fn with_codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Restricts the call to nodes matching `filter`. The called method is added to the filter automatically.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets the balancer. Default: the balancer of the client, which is [`Balancer::least_loaded`] unless another is set.
    #[must_use]
    pub fn with_balancer(mut self, balancer: Balancer) -> Self {
        self.balancer = Some(balancer);
        self
    }

    /// Sets the hash key of the call: [`Balancer::consistent_hash`] sends calls with the same hash to the same node. The hash
    /// takes precedence over the value of a metadata key.
    #[must_use]
    pub fn with_hash(mut self, hash: u64) -> Self {
        self.hash = Some(hash);
        self
    }

    /// Sets the retry policy. Default: [`Retry::WhenSafe`].
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Captures the response headers and trailers in `replies`.
    #[must_use]
    pub fn with_response_metadata(mut self, replies: &ResponseMetadata) -> Self {
        self.replies = Some(replies.clone());
        self
    }

    /// Sets the time to wait for a node if none is available. Default: no wait.
    #[must_use]
    pub fn with_wait_for_ready(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }
}
