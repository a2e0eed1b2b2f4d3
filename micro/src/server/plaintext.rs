//! TLS on the port, and what becomes of those who come without.

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt;

use crate::transport::linger::lingering;
use crate::transport::tls::ServerTls;
use crate::util::net::TcpStream;

/// Policy for plaintext connections to a port with TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Plaintext {
    /// Plaintext connections are refused.
    #[default]
    Refuse,
    /// Plaintext connections are served as well: during a migration, or behind a proxy of your own.
    Also,
}

/// TLS configuration of a port.
#[derive(Clone, Debug)]
pub(super) struct PortTls {
    pub(super) tls: ServerTls,
    pub(super) plaintext: Plaintext,
}

const REFUSAL: &str = "this port speaks TLS: call it with https://\n";

/// Turns a client away that came without TLS, `first` being the first bytes it sent. With HTTP/1.1 it gets to read why.
pub(super) async fn refuse(mut stream: TcpStream, peer: SocketAddr, first: &[u8]) {
    tracing::debug!(%peer, "connection closed: it came without TLS; `--plaintext also` lets it in");
    let mut seen = [0; 4];
    // HTTP/2 could not read it, and nothing else begins with a capital letter.
    let is_http2 = matches!(stream.peek(&mut seen).await, Ok(4) if &seen == b"PRI ");
    if !first.first().is_some_and(u8::is_ascii_uppercase) || is_http2 {
        return;
    }
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{REFUSAL}",
        REFUSAL.len()
    );
    if stream.write_all(answer.as_bytes()).await.is_ok() {
        let (_, left) = lingering(stream);
        left.close().await;
    }
}
