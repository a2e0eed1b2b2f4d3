use super::NAME;
use super::server::HttpServer;
use crate::rpc::BoxFuture;
use crate::transport::{Accepted, Protocol};

/// Serves every connection that no other protocol claims, so it claims no first bytes.
impl Protocol for HttpServer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn alpn(&self) -> &'static [&'static [u8]] {
        &[b"h2", b"http/1.1"]
    }

    fn serve(&self, connection: Accepted) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let peer = connection.peer();
            let (io, lifecycle) = connection.into_parts();
            self.serve_connection(io, peer, lifecycle).await;
        })
    }
}
