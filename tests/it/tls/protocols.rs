//! Protocols inside TLS: the one that is agreed on in the handshake is served.

use std::sync::Arc;
use std::time::Duration;

use micro::prelude::*;
use micro::rpc::BoxFuture;
use micro::server::{Drained, ListenOptions, Listener, Plaintext, Server};
use micro::transport::http::{HttpServer, HttpServerOptions};
use micro::transport::tls::{Alpn, ClientTls, Pem, ServerTls, TlsIdentity, TlsMode};
use micro::transport::{Accepted, ConnectError, Dialer, Protocol};
use micro::util::lifecycle::{Lifecycle, State};
use micro::util::spawn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Files;

/// Answers four bytes with the protocol that was agreed on.
#[derive(Debug)]
struct Ping;

impl Protocol for Ping {
    fn name(&self) -> &'static str {
        "ping"
    }

    fn alpn(&self) -> &'static [&'static [u8]] {
        &[b"ping/2", b"ping/1"]
    }

    fn serve(&self, connection: Accepted) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            assert!(connection.is_tls());
            let agreed = connection.alpn().map(<[u8]>::to_vec).unwrap_or_default();
            let (mut io, _) = connection.into_parts();
            if io.read_exact(&mut [0; 4]).await.is_ok() {
                // What is written last arrives, though the connection is dropped behind it.
                let _ = io.write_all(&agreed).await;
                let _ = io.shutdown().await;
            }
        })
    }
}

#[tokio::test]
async fn a_protocol_that_was_added_is_agreed_on_in_the_handshake() {
    let files = Files::new();
    let (certificate, key) = files.identity("server");
    let tls = ServerTls::new(TlsIdentity::files(certificate, key)).unwrap();
    let listener = Listener::bind("127.0.0.1:0", ListenOptions::default()).await.unwrap();
    let listener = listener.with_protocol(Arc::new(Ping)).unwrap().with_tls(tls, Plaintext::Refuse);
    let (address, lifecycle) = (listener.address().to_string(), Lifecycle::new());
    let http = HttpServer::new(Arc::new(Server::new()), [], HttpServerOptions::default());
    let server = spawn::spawn(listener.serve(http, lifecycle.clone()));

    let trust = ClientTls::new().with_authorities(Pem::file(files.authority())).unwrap();
    let patience = Duration::from_secs(60);
    for id in [&b"ping/1"[..], b"ping/2"] {
        let dialer = Dialer::new(trust.clone(), Alpn::Required(id), patience);
        let mut io = dialer.dial(&address, TlsMode::Host).await.unwrap();
        assert_eq!((io.is_tls(), io.alpn()), (true, Some(id)));
        io.write_all(b"ping").await.unwrap();
        let mut answer = Vec::new();
        io.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, id);
    }
    for alpn in [Alpn::Required(b"pong/1"), Alpn::Optional(b"pong/1")] {
        let error = Dialer::new(trust.clone(), alpn, patience).dial(&address, TlsMode::Host).await.unwrap_err();
        assert!(matches!(error, ConnectError::Foreign(_)), "{error:?}");
    }
    let distrusting = Dialer::new(ClientTls::new(), Alpn::Required(b"ping/1"), patience);
    let error = distrusting.dial(&address, TlsMode::Host).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused(_)), "{error:?}");
    let error = distrusting.dial("127.0.0.1:1", TlsMode::Unencrypted).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable(_)), "{error:?}");
    assert_eq!(error.error().code(), Code::Unavailable);

    lifecycle.advance(State::Draining);
    assert_eq!(server.await.unwrap(), Drained::Clean);
}
