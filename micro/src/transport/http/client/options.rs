use std::time::Duration;

use crate::transport::tls::ClientTls;

/// How other processes are called over HTTP.
#[derive(Clone, Debug)]
pub struct HttpClientOptions {
    /// What one message of an answer may hold, in bytes: 4 MiB.
    pub message_limit: usize,
    /// How long opening a connection may take, up to the first byte of the server: 5 s.
    pub connect_timeout: Duration,
    /// How many connections one address gets under ordinary load: 2. One connection has one lock, and half the throughput.
    pub connections: usize,
    /// How many it gets at most, before calls wait for one another: 4.
    pub most_connections: usize,
    /// After what silence a server with calls in flight is asked whether it is still there: 20 s. It has half of that to
    /// answer. Some servers take offence at a shorter time.
    pub keepalive: Duration,
    /// How long a connection without calls is kept: 5 min.
    pub idle: Duration,
    /// What is compressed: nothing.
    pub compress: Compress,
    /// Whom it believes where a call is to be encrypted: the authorities of the platform.
    pub tls: ClientTls,
}

/// What a client compresses. It takes the feature `transport-gzip`, or `transport-zstd` for replies alone, on both
/// sides; a program built without compresses nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compress {
    /// Nothing, and the server is asked to do the same. Within a data centre that costs the least.
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
