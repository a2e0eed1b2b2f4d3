use std::time::Duration;

use crate::transport::tls::ClientTls;

/// Options for calling over `micro/1`.
#[derive(Clone, Debug)]
pub struct NativeClientOptions {
    /// Maximum size of a response message, in bytes. Default: 4 MiB.
    pub message_limit: usize,
    /// Number of bytes of a stream that may wait for the caller to read them. Default: 256 KiB.
    pub window: u32,
    /// Timeout for opening a connection, up to the HELLO of the server. Default: 5 s.
    pub connect_timeout: Duration,
    /// Number of connections to one address, opened as load requires. Default: 2. Fewer carry more per write.
    pub connections: usize,
    /// After what silence a server is asked whether it is still there: 20 s. It has half of that to answer.
    pub keepalive: Duration,
    /// Idle timeout of a connection without calls. Default: 5 min.
    pub idle: Duration,
    /// TLS configuration. Defaults to the platform's root certificates.
    pub tls: ClientTls,
}

impl Default for NativeClientOptions {
    fn default() -> Self {
        NativeClientOptions {
            message_limit: 4 * 1024 * 1024,
            window: 256 * 1024,
            connect_timeout: Duration::from_secs(5),
            connections: 2,
            keepalive: Duration::from_secs(20),
            idle: Duration::from_secs(300),
            tls: ClientTls::new(),
        }
    }
}
