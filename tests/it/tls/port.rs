//! What else comes to a port with TLS: those without it, and those who only pretend.

use std::sync::Arc;
use std::time::{Duration, Instant};

use micro::errors::Execution;
use micro::prelude::*;
use micro::registry::Registry;
use micro::server::{Drained, ListenOptions, Listener, Plaintext, Server};
use micro::transport::http::{HttpServer, HttpServerOptions};
use micro::transport::tls::{ServerTls, TlsIdentity};
use micro::util::lifecycle::{Lifecycle, State};
use micro::util::spawn::{self, Task};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Files, calling, encrypt, serving};
use crate::calls::all_shapes;
use crate::contract::{Mirror, Text, posted};

/// What comes back for these bytes until the connection ends.
async fn answered(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    // Reset, if something was left unread: an end as well.
    let _ = read.expect("the connection ends");
    answer
}

#[tokio::test]
async fn plaintext_is_turned_away_and_people_are_told_why() {
    let (files, mirror) = (Files::new(), Mirror::default());
    let registry = Registry::memory();
    let app = serving(&registry, &mirror, encrypt(&files)).await;
    let address = app.address().unwrap().to_string();

    let told = answered(&address, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(told.starts_with("HTTP/1.1 400 ") && told.contains("this port speaks TLS"), "{told}");
    for bytes in [&b"\0micro/1\0\0\0\0\0\0\0\0\0\0"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x15\x03\x01"] {
        assert_eq!(answered(&address, bytes).await, b"");
    }
    let plain = calling(&Registry::memory(), |_| {}).await.at(address);
    let error = plain.say(Text::new("a")).await.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
    assert!(mirror.seen.lock().unwrap().is_empty());
    app.stop().await.unwrap();
}

#[tokio::test]
async fn plaintext_is_served_as_well_where_that_is_wanted() {
    let files = Files::new();
    let registry = Registry::memory();
    let app = serving(&registry, &Mirror::default(), |settings| {
        encrypt(&files)(settings);
        settings.plaintext = Plaintext::Also;
    })
    .await;
    let plain = calling(&Registry::memory(), |_| {}).await;
    all_shapes(&plain.at(app.address().unwrap().to_string())).await;
    all_shapes(&calling(&registry, super::believe(&files)).await).await;
    assert_eq!(posted(&app, "/it.Echo/Say", r#"{"text":"a"}"#).await.0, 200);
    app.stop().await.unwrap();
}

/// A port that wants hands to be shaken within a tenth of a second.
async fn impatient(files: &Files) -> (String, Lifecycle, Task<Drained>) {
    let (certificate, key) = files.identity("server");
    let tls = ServerTls::new(TlsIdentity::files(certificate, key)).unwrap();
    let options = ListenOptions { handshake: Duration::from_millis(100), ..ListenOptions::default() };
    let listener = Listener::bind("127.0.0.1:0", options).await.unwrap().with_tls(tls, Plaintext::Refuse);
    let (address, lifecycle) = (listener.address().to_string(), Lifecycle::new());
    let http = HttpServer::new(Arc::new(Server::new()), [], HttpServerOptions::default());
    (address, lifecycle.clone(), spawn::spawn(listener.serve(http, lifecycle)))
}

#[tokio::test]
async fn whatever_comes_in_the_place_of_a_handshake_the_connection_ends() {
    let files = Files::new();
    let (address, lifecycle, server) = impatient(&files).await;
    let begun = Instant::now();
    // A head that promises 512 bytes of handshake; a record that is none; one of another kind; one longer than there may be.
    for bytes in [
        &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc][..],
        &[0x16],
        &[0x16; 64],
        &[0x16, 3, 1, 0, 4, 0xff, 0xff, 0xff, 0xff],
        &[0x16, 3, 3, 0xff, 0xff, 1, 2, 3],
        &[0x16, 3, 1, 0, 4, 1, 0, 0, 0],
    ] {
        answered(&address, bytes).await;
        // Cut off in the middle.
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut Vec::new())).await;
        let _ = ended.expect("the connection ends");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    lifecycle.advance(State::Draining);
    assert_eq!(server.await.unwrap(), Drained::Clean);
}

#[tokio::test]
async fn a_drain_does_not_wait_for_those_who_never_shake_hands() {
    let files = Files::new();
    let registry = Registry::memory();
    let app = serving(&registry, &Mirror::default(), encrypt(&files)).await;
    let mut stalled = TcpStream::connect(app.address().unwrap()).await.unwrap();
    stalled.write_all(&[0x16, 3, 1, 2, 0]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    app.stop().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
