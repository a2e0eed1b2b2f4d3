use std::time::Duration;

use super::Hosts;

/// Options of an [`HttpServer`](super::HttpServer).
#[derive(Clone, Debug)]
pub struct HttpServerOptions {
    /// Maximum size of a message, in bytes after decompression. Default: 4 MiB.
    pub message_limit: usize,
    /// Maximum number of open calls of one HTTP/2 connection. Default: 200.
    pub streams: u32,
    /// Within what time the head of a request must be there, which is also how long an idle HTTP/1.1 connection is kept: 5 s.
    pub header_timeout: Duration,
    /// After what silence within a request of one message it is given up: 10 s. Streams may be silent.
    pub body_timeout: Duration,
    /// After what silence an HTTP/2 peer is asked whether it is still there: 20 s. It has half of that to answer.
    pub keepalive: Duration,
    /// The names this server may be called by: those of this machine.
    pub hosts: Hosts,
}

impl Default for HttpServerOptions {
    fn default() -> Self {
        HttpServerOptions {
            message_limit: 4 * 1024 * 1024,
            streams: 200,
            header_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            keepalive: Duration::from_secs(20),
            hosts: Hosts::loopback(),
        }
    }
}
