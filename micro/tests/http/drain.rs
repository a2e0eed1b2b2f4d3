use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use micro::errors::Execution;
use micro::rpc::Payload;
use micro::server::{Drained, ListenOptions};
use micro::transport::http::HttpServerOptions;
use micro::util::lifecycle::State;
use micro::util::spawn;
use micro::{Code, Context};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{World, call, client, clients, drained, taken};

#[tokio::test]
async fn an_idle_server_drains_at_once() {
    for client in clients() {
        let world = World::new().await;
        let idle = TcpStream::connect(&world.address).await.unwrap();
        world.unary(&client, "Say", b"x", &Context::new()).await.unwrap();
        assert_eq!(drained(world).await, Drained::Clean);
        drop(idle);
    }
}

#[tokio::test]
async fn a_call_in_flight_is_finished() {
    for client in clients() {
        let world = World::new().await;
        let (seen, lifecycle, address) = (world.echo.seen.clone(), world.lifecycle.clone(), world.address.clone());
        let calling = spawn::spawn({
            let (client, address) = (client.clone(), address.clone());
            async move { call(&client, &address, "Gate", Payload::One(Bytes::from_static(b"x")), &Context::new()).await }
        });
        let mut old = TcpStream::connect(&address).await.unwrap();
        let request = "POST /test.Echo/Gate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                   content-length: 2\r\n\r\n{}";
        old.write_all(request.as_bytes()).await.unwrap();
        taken(&seen.hanging).await;
        taken(&seen.hanging).await;
        lifecycle.advance(State::Draining);
        // The port is closed before the calls are finished.
        while TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        // One that was sent before the client had heard is served, where the wire tells when the last was sent.
        if let Err(late) = call(&client, &address, "Say", Payload::One(Bytes::new()), &Context::new()).await {
            assert_eq!((late.code(), late.execution()), (Code::Unavailable, Execution::NotStarted));
        }
        seen.gate.notify_waiters();
        assert!(matches!(calling.await.unwrap(), Ok(Payload::One(bytes)) if bytes == "x"));
        let mut answer = String::new();
        old.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
        assert_eq!(world.server.await.unwrap(), Drained::Clean);
    }
}

#[tokio::test]
async fn what_is_left_at_the_bound_is_dropped() {
    for client in clients() {
        let listen = ListenOptions { drain: Duration::from_millis(100), ..ListenOptions::default() };
        let world = World::with(HttpServerOptions::default(), listen).await;
        let (seen, address) = (world.echo.seen.clone(), world.address.clone());
        let calling = spawn::spawn({
            async move { call(&client, &address, "Hang", Payload::One(Bytes::new()), &Context::new()).await }
        });
        taken(&seen.hanging).await;
        assert_eq!(drained(world).await, Drained::Forced(1));
        let error = calling.await.unwrap().unwrap_err();
        assert_eq!(error.execution(), Execution::Unknown);
        taken(&seen.dropped).await;
    }
}

#[tokio::test]
async fn leaving_tells_old_clients_to_come_back_elsewhere() {
    let world = World::new().await;
    let request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut stream = TcpStream::connect(&world.address).await.unwrap();
    world.lifecycle.advance(State::LameDuck);
    // Still served, and until the server has heard, kept.
    let mut answer = String::new();
    while !answer.contains("connection: close") {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).await.unwrap();
        answer = String::from_utf8_lossy(&buffer[..count]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
    assert_eq!(world.unary(&client(), "Say", b"x", &Context::new()).await.unwrap(), "x");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn draining_under_load_loses_nothing() {
    for client in clients() {
        for _ in 0..5 {
            let world = World::new().await;
            let (client, stop) = (client.clone(), Arc::new(AtomicBool::new(false)));
            let callers: Vec<_> = (0..32)
                .map(|_| {
                    let (client, address, stop) = (client.clone(), world.address.clone(), stop.clone());
                    spawn::spawn(async move {
                        let mut answered = 0;
                        while !stop.load(Ordering::Relaxed) {
                            let payload = Payload::One(Bytes::from_static(b"x"));
                            match call(&client, &address, "Say", payload, &Context::new()).await {
                                Ok(_) => answered += 1,
                                // It may be asked of another node; that is all a drain may do to a call.
                                Err(error) if error.execution() == Execution::NotStarted => {
                                    tokio::task::yield_now().await
                                }
                                Err(error) => panic!("lost a call: {error:#}"),
                            }
                        }
                        answered
                    })
                })
                .collect();
            let seen = world.echo.seen.clone();
            while seen.calls.load(Ordering::SeqCst) < 300 {
                tokio::task::yield_now().await;
            }
            assert_eq!(drained(world).await, Drained::Clean);
            stop.store(true, Ordering::Relaxed);
            let mut answered = 0;
            for caller in callers {
                answered += caller.await.unwrap();
            }
            assert_eq!(answered, seen.calls.load(Ordering::SeqCst));
        }
    }
}
