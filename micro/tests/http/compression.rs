use bytes::Bytes;
use futures_util::StreamExt;
use micro::rpc::{Payload, Streaming};
use micro::server::ListenOptions;
use micro::transport::http::{Compress, HttpClient, HttpClientOptions, HttpServerOptions};
use micro::{Code, Context};

use crate::world::World;

const LIMIT: usize = 256 * 1024;

fn packing(compress: Compress) -> HttpClient {
    HttpClient::new(HttpClientOptions { compress, message_limit: LIMIT, ..HttpClientOptions::default() })
}

async fn limited() -> World {
    World::with(HttpServerOptions { message_limit: LIMIT, ..HttpServerOptions::default() }, ListenOptions::default())
        .await
}

fn long(byte: u8) -> Bytes {
    vec![byte; 100_000].into()
}

#[tokio::test]
async fn messages_of_every_size_arrive_whole_whoever_compresses() {
    let world = limited().await;
    for compress in [Compress::Never, Compress::Replies, Compress::From(1_000), Compress::From(0)] {
        let client = packing(compress);
        for size in [0, 1, 999, 1_000, 100_000] {
            let sent = Bytes::from(vec![7; size]);
            let got = world.call(&client, "Say", Payload::One(sent.clone()), &Context::new()).await.unwrap();
            assert!(matches!(got, Payload::One(got) if got == sent), "{compress:?} {size}");
        }
        let sent = [long(1), Bytes::from_static(b"short"), Bytes::new(), long(2)];
        let reply = world.call(&client, "Chat", Payload::Many(Streaming::iter(sent.clone())), &Context::new()).await;
        let Payload::Many(items) = reply.unwrap() else { panic!("a stream") };
        let got: Vec<Bytes> = items.map(Result::unwrap).collect().await;
        assert_eq!(got.len(), sent.len());
        for (got, sent) in got.iter().zip(&sent) {
            assert!(got.strip_prefix(b"re: ").is_some_and(|got| got == sent), "{compress:?}");
        }
    }
}

#[tokio::test]
async fn a_bomb_is_refused_by_what_it_would_become_and_the_server_goes_on() {
    let world = limited().await;
    let client = packing(Compress::From(1_000));
    let bomb = || Payload::One(vec![0; 4 << 20].into());
    let error = world.call(&client, "Say", bomb(), &Context::new()).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(error.message().contains("decompressed"), "it came compressed: {error}");
    let bombs = Streaming::iter([Bytes::from(vec![0; 4 << 20])]);
    let error = world.call(&client, "Sum", Payload::Many(bombs), &Context::new()).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(error.message().contains("decompressed"), "it came compressed: {error}");

    let small = HttpClient::new(HttpClientOptions {
        compress: Compress::From(1_000),
        message_limit: 50_000,
        ..HttpClientOptions::default()
    });
    let error = world.call(&small, "Say", Payload::One(long(3)), &Context::new()).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "the client's own limit: {error}");
    assert_eq!(error.message(), "a message unpacks to more than 50000 bytes");
    assert_eq!(world.unary(&client, "Say", b"still here", &Context::new()).await.unwrap(), "still here");
}

#[tokio::test]
async fn connect_callers_get_what_they_accept() {
    let world = limited().await;
    let post = |headers: &str| {
        let body = "x".repeat(10_000);
        format!(
            "POST /test.Echo/Say HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/proto\r\n\
             {headers}content-length: 10000\r\n\r\n{body}"
        )
    };
    for format in ["gzip", "zstd"] {
        let answer = world.raw(&post(&format!("accept-encoding: {format}\r\n"))).await;
        assert!(answer.contains(&format!("content-encoding: {format}\r\n")), "{answer:.400}");
        assert!(answer.len() < 1_000, "{format}");
    }
    let answer = world.raw(&post("accept-encoding: br\r\n")).await;
    assert!(!answer.contains("content-encoding") && answer.len() > 10_000);
    let answer = world.raw(&post("content-encoding: br\r\n")).await;
    assert!(answer.contains("\"code\":\"unimplemented\""), "{answer:.400}");
    let answer = world.raw(&post("content-encoding: gzip\r\n")).await;
    assert!(answer.contains("\"code\":\"invalid_argument\""), "{answer:.400}");
}
