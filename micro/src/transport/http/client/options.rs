use std::time::Duration;

use crate::transport::tls::ClientTls;

/// Options for calling other processes over HTTP.
#[derive(Clone, Debug)]
pub struct HttpClientOptions {
    /// Maximum size of a response message, in bytes. Default: 4 MiB.
    pub message_limit: usize,
    /// Timeout for opening a connection, up to the first byte of the server. Default: 5 s.
    pub connect_timeout: Duration,
    /// Number of connections to one address under ordinary load. Default: 2. One connection has one lock, and half the
    /// throughput.
    pub connections: usize,
    /// Maximum number of connections to one address, before calls wait for one another. Default: 4.
    pub most_connections: usize,
    /// After what silence a server with calls in flight is asked whether it is still there: 20 s. It has half of that to
    /// answer. Some servers take offence at a shorter time.
    pub keepalive: Duration,
    /// Idle timeout of a connection without calls. Default: 5 min.
    pub idle: Duration,
    /// Compression. Default: none.
    pub compress: Compress,
    /// TLS configuration. Defaults to the platform's root certificates.
    pub tls: ClientTls,
}

/// Compression by a client. Requires the feature `transport-gzip`, or `transport-zstd` for responses alone, on both sides; a
/// program built without them compresses nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compress {
    /// No compression, and the server is asked for none. The cheapest within a data centre.
    #[default]
    Never,
    /// The server may compress replies.
    Replies,
    /// The server may compress replies, and messages of requests from this size on are compressed with gzip. A server that
    /// does not know gzip refuses such a call with [`Code::Unimplemented`](crate::Code::Unimplemented).
    From(usize),
}

impl Default for HttpClientOptions {
    fn default() -> Self {
        HttpClientOptions {
            message_limit: 4 * 1024 * 1024,
            connect_timeout: Duration::from_secs(5),
            connections: 2,
            most_connections: 4,
            keepalive: Duration::from_secs(20),
            idle: Duration::from_secs(300),
            compress: Compress::Never,
            tls: ClientTls::new(),
        }
    }
}
