//! The same calls, whatever way they take.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::client::CallOptions;
use micro::codec::Codec;
use micro::prelude::*;
use micro::registry::Registry;
use micro::rpc::{Call, Interceptor, Next};

use crate::contract::{Echo, EchoClient, EchoServer, Mirror, Text, calling, serving};

fn texts() -> Streaming<Text> {
    Streaming::iter(["a", "b", "c"].map(Text::new))
}

async fn collected(stream: Streaming<Text>) -> String {
    stream.try_collect().await.expect("no item fails").into_iter().map(|text| text.text).collect()
}

/// What every caller of an `Echo` may rely on, wherever it runs.
pub async fn all_shapes(echo: &impl Echo) {
    assert_eq!(echo.say(Text::new("ä")).await.unwrap(), Text::new("ä"));
    assert_eq!(collected(echo.letters(Text::new("abc")).await.unwrap()).await, "abc");
    assert_eq!(echo.join(texts()).await.unwrap(), Text::new("abc"));
    assert_eq!(collected(echo.shout(texts()).await.unwrap()).await, "ABC");
    echo.nothing().await.unwrap();
    let missing = echo.say(Text::new("missing")).await.unwrap_err();
    assert_eq!((missing.code(), missing.message()), (Code::NotFound, "no such text"));
}

#[tokio::test]
async fn a_caller_cannot_tell_an_implementation_from_a_client_of_any_kind() {
    all_shapes(&Mirror::default()).await;
    all_shapes(&EchoClient::of(Mirror::default())).await;

    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    all_shapes(&app.get::<EchoClient>().unwrap()).await;

    let remote = calling(&registry).await;
    all_shapes(&remote).await;
    all_shapes(&remote.with(CallOptions::new().with_codec(Codec::JSON))).await;
    all_shapes(&remote.at(app.address().unwrap().to_string())).await;
    app.stop().await.unwrap();
}

/// Notes which calls it saw, and how they ended.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

struct Noting(Notes, &'static str);

impl Interceptor for Noting {
    async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        let before = call.request_bytes(Codec::JSON).map(|json| String::from_utf8_lossy(&json).into_owned());
        let result = next.run(call).await;
        let ended = result.as_ref().map_or_else(|error| error.code().to_string(), |()| "ok".into());
        let line = format!("{} {} {} {ended}", self.1, call.method().name(), before.unwrap_or_default());
        self.0.0.lock().unwrap().push(line);
        result
    }
}

#[tokio::test]
async fn interceptors_of_both_sides_see_every_shape_in_their_order() {
    let notes = Notes::default();
    let note = |who| Noting(notes.clone(), who);
    let registry = Registry::memory();
    let server = micro::app()
        .registry(registry.clone())
        .serve(EchoServer::new(Mirror::default()))
        .server_interceptor(note("server"))
        .start()
        .await
        .unwrap();
    let caller = micro::app()
        .registry(registry)
        .client_interceptor(note("outer"))
        .client_interceptor(note("inner"))
        .start()
        .await
        .unwrap();
    let echo: EchoClient = caller.get().unwrap();
    all_shapes(&echo).await;

    let seen = notes.0.lock().unwrap().clone();
    let shape = |name: &str, request: &str, end: &str| {
        // The bytes of a remote call are protobuf, which an interceptor of the server can read but not as JSON.
        ["server", "inner", "outer"]
            .map(|who| format!("{who} {name} {} {end}", if who == "server" { "" } else { request }))
    };
    let expected = [
        shape("Say", r#"{"text":"ä"}"#, "ok"),
        shape("Letters", r#"{"text":"abc"}"#, "ok"),
        shape("Join", "", "ok"),
        shape("Shout", "", "ok"),
        shape("Nothing", "{}", "ok"),
        shape("Say", r#"{"text":"missing"}"#, "not_found"),
    ];
    assert_eq!(seen, expected.concat());
    server.stop().await.unwrap();
}

#[tokio::test]
async fn options_apply_to_the_copy_they_were_given_to() {
    let registry = Registry::memory();
    let mirror = Mirror::default();
    let app = serving(&registry, mirror.clone()).await;
    let plain = calling(&registry).await;
    let options = CallOptions::new().with_timeout(Duration::from_secs(3)).with_metadata("x-tenant", "acme").unwrap();
    plain.with(options).say(Text::new("a")).await.unwrap();
    plain.say(Text::new("a")).await.unwrap();

    let seen = mirror.seen.lock().unwrap().clone();
    assert_eq!(seen[0].metadata().get("x-tenant"), Some("acme"));
    assert!(seen[0].remaining().unwrap() <= Duration::from_secs(3));
    assert_eq!(seen[1].metadata().get("x-tenant"), None);
    let usual = seen[1].remaining().unwrap();
    assert!(usual > Duration::from_secs(3) && usual <= Duration::from_secs(30), "{usual:?}");
    app.stop().await.unwrap();
}

#[tokio::test]
async fn two_apps_in_one_process_know_nothing_of_each_other() {
    let (here, there) = (Registry::memory(), Registry::memory());
    let app = serving(&here, Mirror::default()).await;
    let stranger = calling(&there).await;
    let error = stranger.say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn routes_of_the_program_share_the_port_and_what_they_do_not_match_is_a_call() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let routes = axum::Router::new().route("/about", axum::routing::get(|| async { "a page of our own" }));
    let registry = Registry::memory();
    let app = micro::app()
        .registry(registry.clone())
        .serve(EchoServer::new(Mirror::default()))
        .routes(routes)
        .start()
        .await
        .unwrap();
    let address = app.address().unwrap();
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET /about HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("a page of our own"), "{answer}");
    assert_eq!(calling(&registry).await.say(Text::new("a")).await.unwrap(), Text::new("a"));
    app.stop().await.unwrap();
}
