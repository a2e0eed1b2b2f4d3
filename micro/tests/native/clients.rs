//! The client, and servers that go away or speak something else.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use micro::codec::Codec;
use micro::errors::Execution;
use micro::rpc::Payload;
use micro::server::{ListenOptions, Listener};
use micro::transport::http::{HttpServer, HttpServerOptions};
use micro::transport::native::{NativeClient, NativeClientOptions};
use micro::transport::{AutoTransport, Destination, Method, Outbound, Request, Wire};
use micro::util::lifecycle::Lifecycle;
use micro::util::spawn::{self, Task};
use micro::{Code, Context, Result};
use tokio::net::TcpListener;

use crate::raw::*;
use crate::world::Echo;

/// A server that has opened one connection, and goes on as `script` says.
pub(crate) async fn server<F: Future<Output = ()> + Send>(
    script: impl FnOnce(Raw) -> F + Send + 'static,
) -> (String, Task<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = spawn::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut raw = Raw(stream);
        raw.say(&opening()).await;
        raw.welcome().await;
        script(raw).await;
    });
    (address, task)
}

pub(crate) async fn say(client: &dyn Outbound, address: &str, message: &'static str) -> Result<Bytes> {
    let method = Method { path: "/test.Echo/Say", client_streaming: false, server_streaming: false };
    let (payload, context) = (Payload::One(Bytes::from_static(message.as_bytes())), &Context::new());
    let wire = Some("micro/1");
    let to = Destination { wire, ..Destination::at(address) };
    let request = Request { to, service: "test", method, codec: Codec::PROTO, payload, context };
    match client.call(request).await? {
        Payload::One(bytes) => Ok(bytes),
        Payload::Many(_) => panic!("one message"),
    }
}

#[tokio::test]
async fn what_is_known_of_a_lost_call_is_said() {
    let client = NativeClient::default();
    for (what, frames, fate) in [
        ("closed", vec![], Execution::Unknown),
        ("handled", frame(BYE, 0, 1, &[0, 0]), Execution::Unknown),
        ("above what was handled", frame(BYE, 0, 0, &[0, 0]), Execution::NotStarted),
        ("refused", frame(REFUSED, 0, 1, &[14, 0, 0, 0, 0]), Execution::NotStarted),
        ("failed", frame(END, 0, 1, &[14, 0, 0, 0, 0]), Execution::Unknown),
    ] {
        let (address, _server) = server(move |mut raw| async move {
            raw.until(CALL).await;
            raw.say(&frames).await;
        })
        .await;
        let error = say(&client, &address, "x").await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, fate), "{what}");
    }
}

#[tokio::test]
async fn whatever_a_server_says_the_client_lives_and_calls_end() {
    let client = NativeClient::default();
    for frames in [
        b"garbage, and more of it than a head".to_vec(),
        vec![0xff; 64],
        frame(REPLY, 0, 2, b"x"),
        frame(REPLY, 1, 1, &[5]),
        frame(ITEMS, 0, 1, b"\x01x"),
        frame(END, 0, 1, &[]),
        frame(END, 0, 1, &[5, 0, 0, 0, 255, 255, 255, 255, 15]),
        frame(CALL, 0, 1, &[]),
        frame(HELLO, 0, 0, &[]),
        frame(BYE, 0, 0, &[]),
        frame(99, 0, 1, &[]),
    ] {
        let (address, _server) = server(move |mut raw| async move {
            raw.until(CALL).await;
            raw.say(&frames).await;
            while raw.frame().await.is_some() {}
        })
        .await;
        let error = say(&client, &address, "x").await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::Unknown));
    }
}

#[tokio::test]
async fn a_success_without_a_message_is_an_error_and_a_stream_of_one_is_not() {
    let client = NativeClient::default();
    for (frames, expected) in [
        (frame(END, 0, 1, &[0, 0, 0, 0, 0]), Err(Code::Internal)),
        (
            [frame(BEGIN, 0, 1, &[0]), frame(ITEMS, 0, 1, b"\x01x"), frame(END, 0, 1, &[0, 0, 0, 0, 0])].concat(),
            Ok(Bytes::from_static(b"x")),
        ),
    ] {
        let (address, _server) = server(move |mut raw| async move {
            raw.until(CALL).await;
            raw.say(&frames).await;
            while raw.frame().await.is_some() {}
        })
        .await;
        assert_eq!(say(&client, &address, "x").await.map_err(|error| error.code()), expected);
    }
}

#[tokio::test]
async fn a_server_that_vanished_is_noticed() {
    let (address, _server) = server(|raw| async move {
        std::future::pending::<()>().await;
        drop(raw);
    })
    .await;
    let client = NativeClient::new(NativeClientOptions {
        keepalive: Duration::from_millis(50),
        ..NativeClientOptions::default()
    });
    let error = say(&client, &address, "x").await.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::Unknown));
}

#[tokio::test]
async fn a_server_that_says_nothing_and_one_that_is_not_there_never_ran_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap().to_string();
    let options = NativeClientOptions { connect_timeout: Duration::from_millis(200), ..NativeClientOptions::default() };
    let client = NativeClient::new(options);
    for outcome in futures_util::future::join_all((0..4).map(|_| say(&client, &silent, "x"))).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
    }
    assert!(listener.accept().now_or_never().is_some());
    assert!(listener.accept().now_or_never().is_none(), "they shared one connection");
    let error = say(&client, "127.0.0.1:1", "x").await.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
}

#[tokio::test]
async fn a_drained_server_is_told_where_the_calls_end() {
    let (address, server) = server(|mut raw| async move {
        let call = raw.until(CALL).await;
        raw.say(&frame(DRAIN, 0, 0, &[])).await;
        let done = raw.frame().await.unwrap();
        assert_eq!((done.kind, done.id), (DONE, 1));
        raw.say(&[frame(REPLY, 0, call.id, b"x"), frame(BYE, 0, 1, &[0, 0])].concat()).await;
        assert_eq!(raw.frame().await, None);
    })
    .await;
    assert_eq!(say(&NativeClient::default(), &address, "x").await.unwrap(), "x");
    server.await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_the_next_call_opens_another() {
    let options = NativeClientOptions { idle: Duration::from_millis(50), ..NativeClientOptions::default() };
    let client = NativeClient::new(options);
    let world = crate::world::World::new().await;
    for _ in 0..2 {
        assert_eq!(say(&client, &world.address, "x").await.unwrap(), "x");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn who_does_not_speak_it_is_called_over_http() {
    let http = HttpServer::new(Echo::new(), [], HttpServerOptions::default());
    let listener = Listener::bind("127.0.0.1:0", ListenOptions::default()).await.unwrap();
    let address = listener.address().to_string();
    let _server = spawn::spawn(listener.serve(http, Lifecycle::new()));
    let wires = |wire| AutoTransport::default().with_wire(wire);
    let auto = wires(Wire::Auto);
    for _ in 0..2 {
        assert_eq!(say(&auto, &address, "x").await.unwrap(), "x");
    }
    assert_eq!(say(&wires(Wire::Http), &address, "x").await.unwrap(), "x");
    let error = say(&wires(Wire::Native), &address, "x").await.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
}
