use std::time::Duration;

use micro::server::ListenOptions;
use micro::transport::http::HttpServerOptions;
use micro::{Code, Context};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{World, client, impatient, taken};

#[tokio::test]
async fn unknown_content_types_verbs_and_methods_are_told_what_is_possible() {
    let world = World::new().await;
    let answer = world.post("/test.Echo/Say", "text/plain", "hi").await;
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
    assert!(answer.contains("accept-post: application/proto, ") && answer.contains("application/json"), "{answer}");

    let delete = "DELETE /test.Echo/Say HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let answer = world.raw(delete).await;
    assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("allow: GET, POST\r\n"), "{answer}");

    let answer = world.post("/test.Echo/Nope", "application/json", "{}").await;
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("\"code\":\"unimplemented\""), "{answer}");
    assert!(answer.contains("trailer-micro-not-run: 1\r\n"), "{answer}");

    let answer = world.post("/test.Echo/Say", "application/grpc+thrift", "hi").await;
    assert!(answer.contains("grpc-status: 12\r\n"), "{answer}");
}

#[tokio::test]
async fn malformed_and_oversize_requests_are_refused_and_the_server_goes_on() {
    let world =
        World::with(HttpServerOptions { message_limit: 100, ..HttpServerOptions::default() }, ListenOptions::default());
    let world = world.await;
    let cases = [
        ("application/json", "bad".to_owned(), "\"code\":\"invalid_argument\""),
        ("application/json", "x".repeat(101), "\"code\":\"resource_exhausted\""),
        ("application/grpc-web", "\0\0\0".to_owned(), "grpc-status: 3"),
        ("application/grpc-web", "\0\0\0\0\x09short".to_owned(), "grpc-status: 3"),
        ("application/grpc-web", "\0\x7f\x7f\x7f\x7fshort".to_owned(), "grpc-status: 8"),
        ("application/grpc-web", format!("\0\0\0\0\x65{}", "x".repeat(101)), "grpc-status: 8"),
        ("application/grpc-web", String::new(), "grpc-status: 12"),
        ("application/grpc-web", "\x01\0\0\0\x01x".to_owned(), "grpc-status: 13"),
    ];
    for (content_type, body, expected) in cases {
        let answer = world.post("/test.Echo/Say", content_type, &body).await;
        assert!(answer.contains(expected), "{body:?}: {answer:?}");
    }
    let exact = world.post("/test.Echo/Say", "application/grpc-web", &format!("\0\0\0\0\x64{}", "x".repeat(100))).await;
    assert!(exact.contains("grpc-status: 0"), "{exact:?}");
    assert_eq!(world.unary(&client(), "Say", b"still here", &Context::new()).await.unwrap(), "still here");
}

#[tokio::test]
async fn an_answer_over_the_clients_limit_is_refused() {
    let world = World::new().await;
    let options = micro::transport::http::HttpClientOptions { message_limit: 4, ..Default::default() };
    let client = micro::transport::http::HttpClient::new(options);
    let error = world.unary(&client, "Say", b"hello", &Context::new()).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert_eq!(world.unary(&client, "Say", b"four", &Context::new()).await.unwrap(), "four");
}

#[tokio::test]
async fn garbage_ends_only_its_own_connection() {
    let world = World::new().await;
    let garbage: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01",
        b"\0\x01\x02",
        b"GARBAGE\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nthis is no settings frame at all, is it",
        b"GET / HTTP/1.1\r\nhost: \xff\xfe\r\nconnection: close\r\n\r\n",
    ];
    for bytes in garbage {
        let mut stream = TcpStream::connect(&world.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{}", bytes.escape_ascii());
    }
    assert_eq!(world.unary(&client(), "Say", b"ok", &Context::new()).await.unwrap(), "ok");
}

#[tokio::test]
async fn a_head_that_drips_or_never_comes_is_given_up() {
    let listen = ListenOptions { first_byte: Duration::from_millis(100), ..ListenOptions::default() };
    let world = World::with(impatient(), listen).await;
    let beginnings: [&[u8]; 5] = [
        b"",
        b"P",
        b"PRI * HTTP/2.0\r\n",
        b"POST /test.Echo/Say HTTP/1.1\r\n",
        b"POST /test.Echo/Say HTTP/1.1\r\nhost: localhost\r\ncontent-type: appli",
    ];
    for beginning in beginnings {
        let mut stream = TcpStream::connect(&world.address).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        let (mut read, mut write) = stream.split();
        let drip = async {
            // For ever, a byte at a time, but for the one that is to stay silent.
            while !beginning.is_empty() && write.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            std::future::pending::<()>().await
        };
        let mut answer = Vec::new();
        tokio::select! {
            () = drip => {}
            ended = tokio::time::timeout(Duration::from_secs(60), read.read_to_end(&mut answer)) => {
                assert!(ended.is_ok(), "{}", beginning.escape_ascii());
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_vanished_is_noticed() {
    let options = HttpServerOptions { keepalive: Duration::from_millis(50), ..HttpServerOptions::default() };
    let world = World::with(options, ListenOptions::default()).await;
    let mut stream = TcpStream::connect(&world.address).await.unwrap();
    // A preface and empty settings, and then no answer to anything.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok());
}

#[tokio::test]
async fn more_connections_than_are_allowed_wait() {
    let listen = ListenOptions { connections: 1, ..ListenOptions::default() };
    let world = World::with(HttpServerOptions::default(), listen).await;
    let healthz = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut first = TcpStream::connect(&world.address).await.unwrap();
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert!(first.read(&mut [0; 1024]).await.unwrap() > 0);
    let second = world.raw(healthz);
    tokio::pin!(second);
    assert!(tokio::time::timeout(Duration::from_millis(50), second.as_mut()).await.is_err());
    drop(first);
    assert!(second.await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_never_comes_is_given_up() {
    let world = World::with(impatient(), ListenOptions::default()).await;
    let half = "POST /test.Echo/Say HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 20\r\n\r\n{\"half\":";
    let answer = world.raw(half).await;
    assert!(answer.contains("nothing more came within 100ms"), "{answer}");
}

#[tokio::test]
async fn a_huge_deadline_is_only_a_long_one() {
    let world = World::new().await;
    for timeout in ["9999999999", "99999999999999999999", "-1", "x", ""] {
        let post = format!(
            "POST /test.Echo/Say HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\nconnect-timeout-ms: {timeout}\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        assert!(world.raw(&post).await.starts_with("HTTP/1.1 200"), "{timeout}");
        let post =
            post.replace("connect-timeout-ms", "grpc-timeout").replace("application/json", "application/grpc-web");
        let post = post.replace("content-length: 2\r\n\r\n{}", "content-length: 5\r\n\r\n\0\0\0\0\0");
        for unit in ["H", "M"] {
            let post = post.replace(&format!("grpc-timeout: {timeout}"), &format!("grpc-timeout: 99999999{unit}"));
            assert!(world.raw(&post).await.contains("grpc-status: 0"), "{timeout}");
        }
    }
}

#[tokio::test]
async fn a_client_that_is_gone_takes_its_handler_with_it() {
    let world = World::new().await;
    let request = "POST /test.Echo/Hang HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                   content-length: 2\r\n\r\n{}";
    let mut stream = TcpStream::connect(&world.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    taken(&world.echo.seen.hanging).await;
    drop(stream);
    taken(&world.echo.seen.dropped).await;

    // One that half-closes is gone as well.
    let mut stream = TcpStream::connect(&world.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    taken(&world.echo.seen.hanging).await;
    stream.shutdown().await.unwrap();
    taken(&world.echo.seen.dropped).await;
}

#[tokio::test]
async fn pages_cannot_reach_a_server_on_loopback_under_their_own_name() {
    let world = World::new().await;
    let post = |host: &str, more: &str| {
        format!(
            "POST /test.Echo/Say HTTP/1.1\r\nhost: {host}\r\n{more}connection: close\r\ncontent-type: application/json\r\n\
             content-length: 2\r\n\r\n{{}}"
        )
    };
    assert!(world.raw(&post("evil.example", "")).await.starts_with("HTTP/1.1 403"));
    assert!(world.raw(&post("localhost", "origin: https://evil.example\r\n")).await.starts_with("HTTP/1.1 403"));
    assert!(world.raw(&post("localhost", "origin: http://localhost:3000\r\n")).await.starts_with("HTTP/1.1 200"));
    let healthz = "GET /healthz HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert!(world.raw(healthz).await.starts_with("HTTP/1.1 403"));
    let answer = world.raw("GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains("200 OK"), "{answer}");
}
