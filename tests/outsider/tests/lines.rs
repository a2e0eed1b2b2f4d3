//! A stranger's protocol is an entry of the tables that ours are in: on the port, and in the client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use micro::codec::Codec;
use micro::errors::Execution;
use micro::prelude::*;
use micro::registry::Registry;
use micro::rpc::Payload;
use micro::server::{Drained, ListenOptions, Listener, Server};
use micro::transport::http::{HttpServer, HttpServerOptions};
use micro::transport::native::{self, NativeServer};
use micro::transport::tls::ClientTls;
use micro::transport::{AutoTransport, Destination, Method, Outbound, PoolLimits, Request};
use micro::util::lifecycle::{Lifecycle, State};
use micro::util::spawn::{self, Task};
use micro_outsider::{LINE, LineConnector, LineProtocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[micro::message(package = "lines")]
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub text: String,
}

#[micro::service(name = "echo", package = "lines")]
pub trait Echo {
    async fn say(&self, text: Text) -> Result<Text>;
    async fn hang(&self, text: Text) -> Result<Text>;
}

#[derive(Clone, Default)]
struct Plain {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

#[micro::handler(manual)]
impl Echo for Plain {
    async fn say(&self, text: Text) -> Result<Text> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        if text.text.is_empty() {
            return Err(Error::invalid_argument("nothing is said"));
        }
        Ok(text)
    }

    async fn hang(&self, _: Text) -> Result<Text> {
        std::future::pending().await
    }
}

struct World {
    address: String,
    plain: Plain,
    lifecycle: Lifecycle,
    serving: Task<Drained>,
}

async fn world() -> World {
    let (plain, lifecycle) = (Plain::default(), Lifecycle::new());
    let mut server = Server::new();
    server.add("echo", EchoServer::new(plain.clone())).unwrap();
    let server = Arc::new(server);
    let listener = Listener::bind("127.0.0.1:0", ListenOptions::default()).await.unwrap();
    let native = NativeServer::new(server.clone(), native::NativeServerOptions::default());
    let listener = listener.with_protocol(Arc::new(native)).unwrap();
    let listener = listener.with_protocol(Arc::new(LineProtocol::new(server.clone()))).unwrap();
    let address = listener.address().to_string();
    let http = HttpServer::new(server, [], HttpServerOptions::default());
    World { address, plain, lifecycle: lifecycle.clone(), serving: spawn::spawn(listener.serve(http, lifecycle)) }
}

fn transport(limits: PoolLimits) -> AutoTransport {
    AutoTransport::default().with_connector(Arc::new(LineConnector::new(ClientTls::new(), limits)))
}

async fn call(
    transport: &AutoTransport,
    to: Destination<'_>,
    path: &str,
    text: &str,
    context: &Context,
) -> Result<String> {
    let payload = Payload::One(Codec::PROTO.encode(&Text { text: text.into() })?);
    let method = Method { path, client_streaming: false, server_streaming: false };
    let request = Request { to, service: "echo", method, codec: Codec::PROTO, payload, context };
    match transport.call(request).await? {
        Payload::One(reply) => Ok(Codec::PROTO.decode::<Text>(&reply)?.text),
        Payload::Many(_) => panic!("one message"),
    }
}

#[tokio::test]
async fn one_port_and_one_client_speak_the_protocol_beside_ours() {
    let (world, transport, context) = (world().await, transport(PoolLimits::default()), Context::new());
    for wire in [Some(LINE), Some("micro/1"), Some("line/1, micro/1"), None] {
        let to = Destination { wire, ..Destination::at(&world.address) };
        assert_eq!(call(&transport, to, "/lines.Echo/Say", "hello", &context).await.unwrap(), "hello", "{wire:?}");
        let error = call(&transport, to, "/lines.Echo/Say", "", &context).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::InvalidArgument, "nothing is said"), "{wire:?}");
        let error = call(&transport, to, "/lines.Echo/None", "", &context).await.unwrap_err();
        assert_eq!(error.code(), Code::Unimplemented, "{wire:?}");
    }
    world.lifecycle.advance(State::Draining);
    assert_eq!(world.serving.await.unwrap(), Drained::Clean);
}

#[tokio::test]
async fn the_pool_opens_more_connections_and_lets_calls_wait_for_them() {
    let limits = PoolLimits { connections: 3, most_connections: 3, ..PoolLimits::default() };
    let (world, transport, context) = (world().await, transport(limits), Context::new());
    let to = Destination { wire: Some(LINE), ..Destination::at(&world.address) };
    let calls = (0..60).map(|number: u32| {
        let (transport, context) = (&transport, &context);
        async move {
            let text = number.to_string();
            assert_eq!(call(transport, to, "/lines.Echo/Say", &text, context).await.unwrap(), text);
        }
    });
    join_all(calls).await;
    let most = world.plain.most.load(Ordering::SeqCst);
    assert!((2..=3).contains(&most), "{most} at a time");
}

#[tokio::test]
async fn a_call_that_is_given_up_costs_its_connection_only() {
    let (world, transport) = (world().await, transport(PoolLimits::default()));
    let to = Destination { wire: Some(LINE), ..Destination::at(&world.address) };
    let context = Context::new().with_timeout(Duration::from_millis(200));
    let error = call(&transport, to, "/lines.Echo/Hang", "x", &context).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(call(&transport, to, "/lines.Echo/Say", "x", &Context::new()).await.unwrap(), "x");
}

#[tokio::test]
async fn first_bytes_that_come_one_by_one_are_waited_for() {
    let world = world().await;
    let mut stream = TcpStream::connect(&world.address).await.unwrap();
    for byte in b"LINE /lines.Echo/Say json 15\n{\"text\":\"slow\"}" {
        stream.write_all(&[*byte]).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let mut answer = [0; 21];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer.escape_ascii().to_string(), r#"OK 15\n{\"text\":\"slow\"}"#);
    // What begins alike and is something else is HTTP.
    let mut stream = TcpStream::connect(&world.address).await.unwrap();
    stream.write_all(b"LI").await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    stream.write_all(b"NK / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
}

#[tokio::test]
async fn a_node_that_no_connector_reaches_was_never_called() {
    let only_lines = LineConnector::new(ClientTls::new(), PoolLimits::default());
    let transport = AutoTransport::over(vec![Arc::new(only_lines)]);
    let error = call(&transport, Destination::at("127.0.0.1:1"), "/lines.Echo/Say", "x", &Context::new()).await;
    let error = error.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
    assert!(error.message().contains("no transport reaches `127.0.0.1:1`"), "{error}");
}

#[tokio::test]
async fn an_app_speaks_it_and_an_app_calls_with_it() {
    /// Answers with the wire that the call came over.
    struct Wire;

    #[micro::handler(manual)]
    impl Echo for Wire {
        async fn say(&self, _: Text) -> Result<Text> {
            Ok(Text { text: Context::current().wire().unwrap_or("none").into() })
        }

        async fn hang(&self, text: Text) -> Result<Text> {
            Ok(text)
        }
    }

    let registry = Registry::memory();
    let app = || micro::app().registry(registry.clone()).settings(|settings| settings.broker = "memory".into());
    let only_lines = app()
        .settings(|settings| settings.wire = micro::transport::Wire::Http)
        .protocol(LineProtocol::new)
        .serve(EchoServer::new(Wire));
    let server = only_lines.start().await.unwrap();
    let client = app().connector(LineConnector::new(ClientTls::new(), PoolLimits::default())).start().await.unwrap();
    let echo = client.get::<EchoClient>().unwrap();
    assert_eq!(echo.say(Text { text: "hello".into() }).await.unwrap().text, LINE);
    client.stop().await.unwrap();
    server.stop().await.unwrap();
}
