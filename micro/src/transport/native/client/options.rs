use std::time::Duration;

use crate::transport::tls::ClientTls;

/// How `micro/1` is called.
#[derive(Clone, Debug)]
pub struct NativeClientOptions {
    /// What one message of an answer may hold, in bytes: 4 MiB.
    pub message_limit: usize,
    /// How many bytes of a stream may wait for the caller to read them: 256 KiB.
    pub window: u32,
    /// How long opening a connection may take, up to the HELLO of the server: 5 s.
    pub connect_timeout: Duration,
    /// How many connections one address gets, as load asks for them: 2. Fewer carry more per write.
    pub connections: usize,
    /// After what silence a server is asked whether it is still there: 20 s. It has half of that to answer.
    pub keepalive: Duration,
    /// How long a connection without calls is kept: 5 min.
    pub idle: Duration,
    /// Whom it believes where a call is to be encrypted: the authorities of the platform.
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
