use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use micro::codec::{Backend, Codec, CodecRegistration};
use micro::context::Trace;
use micro::errors::{Detail, Execution};
use micro::message::{Decode, Encode};
use micro::metadata::Metadata;
use micro::rpc::{Payload, Streaming};
use micro::transport::http::{HttpClient, HttpClientOptions};
use micro::transport::{Destination, Method, Outbound, Request};
use micro::{Code, Context, Error, Result};

use crate::world::{World, client, clients, taken};

#[tokio::test]
async fn connect_json_over_http_1() {
    let world = World::new().await;
    let answer = world.post("/test.Echo/Say", "application/json", "{\"name\":\"Ada\"}").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
    assert!(answer.ends_with("{\"name\":\"Ada\"}"), "{answer}");
}

#[tokio::test]
async fn connect_get_of_a_method_without_side_effects() {
    let world = World::new().await;
    let get = "GET /test.Echo/Say?connect=v1&encoding=json&message=%7B%7D HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let answer = world.raw(get).await;
    assert!(answer.contains("content-type: application/json\r\n") && answer.ends_with("\r\n{}"), "{answer}");
}

#[tokio::test]
async fn connect_get_takes_base64_and_any_codec_and_tells_caches_what_it_depends_on() {
    let world = World::new().await;
    let get = |path: &str| format!("GET /test.Echo/{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    for (query, body) in [
        ("encoding=proto&base64=1&message=AQ_-", "\u{1}\u{f}\u{fe}"),
        ("encoding=proto&base64=1&message=aGk%3D", "hi"),
        ("encoding=json&message=%7B%22a%22%3A1%7D", "{\"a\":1}"),
        ("message=hi+there&encoding=json", "hi there"),
        ("encoding=proto", ""),
    ] {
        let answer = world.raw(&get(&format!("Say?connect=v1&{query}"))).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("vary: accept-encoding\r\n"), "{answer}");
        if body.is_ascii() && !body.starts_with('\u{1}') {
            assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{query}: {answer}");
        }
    }
    for (query, status) in [
        ("?connect=v1&encoding=xml&message=", 415),
        ("?connect=v1&message=x", 400),
        ("?connect=v2&encoding=proto&message=x", 400),
        ("?connect=v1&encoding=proto&base64=1&message=%21", 400),
        ("", 400),
    ] {
        let answer = world.raw(&get(&format!("Say{query}"))).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{query}: {answer}");
    }
    let answer = world.raw(&get("Count?connect=v1&encoding=json&message=%7B%7D")).await;
    assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("allow: POST\r\n"), "{answer}");
}

#[tokio::test]
async fn connect_errors_are_json_with_details_in_every_codec() {
    let world = World::new().await;
    for content_type in ["application/json", "application/proto"] {
        let answer = world.post("/test.Echo/Fail", content_type, "").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
        assert!(answer.contains("early: header\r\n") && answer.contains("trailer-late: trailer\r\n"), "{answer}");
        let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(body["code"], "not_found");
        assert_eq!(body["message"], "no `café`, 100% sure");
        assert_eq!(body["details"][0]["type"], "test.Why");
        assert_eq!(body["details"][0]["value"], "AQID");
    }
}

#[tokio::test]
async fn connect_streams_say_at_the_end_what_was_set_on_the_way() {
    let world = World::new().await;
    let answer = world.post("/test.Echo/Count", "application/connect+json", "\0\0\0\0\x02ab").await;
    assert!(answer.contains("content-type: application/connect+json\r\n"), "{answer}");
    assert!(answer.contains("early: header\r\n"), "{answer}");
    for part in ["\0\0\0\0\x010", "\0\0\0\0\x011", "\0\0\0\0\x03end", "{\"metadata\":{\"count\":[\"2\"]}}"] {
        assert!(answer.contains(part), "{answer:?}");
    }
    let answer = world.post("/test.Echo/Count", "application/connect+json", "\0\0\0\0\x01!").await;
    assert!(answer.contains("{\"error\":{\"code\":\"not_found\",\"message\":\"it broke\"}"), "{answer:?}");
    assert!(answer.contains("\"count\":[\"1\"]"), "{answer:?}");
}

#[tokio::test]
async fn grpc_web_over_http_1() {
    let world = World::new().await;
    let answer = world.post("/test.Echo/Say", "application/grpc-web+proto", "\0\0\0\0\x02hi").await;
    assert!(answer.contains("content-type: application/grpc-web+proto\r\n"), "{answer}");
    assert!(answer.contains("\0\0\0\0\x02hi") && answer.contains("grpc-status: 0\r\n"), "{answer:?}");
    let answer = world.post("/test.Echo/Count", "application/grpc-web", "\0\0\0\0\x02ab").await;
    assert!(answer.contains("grpc-status: 0\r\ncount: 2\r\n"), "{answer:?}");
}

#[tokio::test]
async fn the_users_routes_come_first() {
    let world = World::new().await;
    let answer = world.raw("GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok"), "{answer}");
}

#[tokio::test]
async fn all_four_shapes_over_our_own_client() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new().child());
        assert_eq!(world.unary(&client, "Say", b"hello", &cx).await.unwrap(), "hello");
        assert_eq!(world.unary(&client, "Say", b"", &cx).await.unwrap(), "");

        let items = world.stream(&client, "Count", "abc", &cx).await.unwrap();
        assert_eq!(items.try_collect().await.unwrap(), ["0", "1", "2", "end"]);
        assert_eq!(cx.reply_headers().get("early"), Some("header"));
        assert_eq!(cx.reply_trailers().get("count"), Some("3"));

        let items = Streaming::iter((0..1_000).map(|n: u32| Bytes::from(n.to_string())));
        let Payload::One(sum) = world.call(&client, "Sum", Payload::Many(items), &cx).await.unwrap() else { panic!() };
        assert_eq!(sum, "1000/2890");

        let (sender, items) = Streaming::channel(1);
        let Payload::Many(mut replies) = world.call(&client, "Chat", Payload::Many(items), &cx).await.unwrap() else {
            panic!()
        };
        for turn in ["a", "b"] {
            assert!(sender.send(Bytes::from(turn)).await);
            assert_eq!(replies.try_next().await.unwrap().unwrap(), format!("re: {turn}"));
        }
        drop(sender);
        assert_eq!(replies.try_next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_large_message_survives_both_ways() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let large = Bytes::from(vec![7; 4 * 1024 * 1024]);
        let Payload::One(back) = world.call(&client, "Say", Payload::One(large.clone()), &cx).await.unwrap() else {
            panic!()
        };
        assert_eq!(back, large);
    }
}

#[tokio::test]
async fn errors_keep_code_message_details_and_metadata() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new().child());
        let error = world.unary(&client, "Fail", b"", &cx).await.unwrap_err();
        assert_eq!(error.code(), Code::NotFound);
        assert_eq!(error.message(), "no `café`, 100% sure");
        assert_eq!(error.details(), [Detail::new("test.Why", vec![1, 2, 3])]);
        assert_eq!(error.execution(), Execution::Unknown);
        assert_eq!(cx.reply_trailers().get("late"), Some("trailer"));
        assert_eq!(cx.reply_headers().get("early"), Some("header"));

        let mut items = world.stream(&client, "Count", "!", &cx).await.unwrap();
        assert_eq!(items.next().await.unwrap().unwrap(), "0");
        assert_eq!(items.next().await.unwrap().unwrap_err(), Error::not_found("it broke"));
        assert!(items.next().await.is_none());
        assert_eq!(cx.reply_trailers().get("count"), Some("1"));
    }
}

#[tokio::test]
async fn an_error_passed_on_does_not_say_that_the_handler_never_ran() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let error = world.unary(&client, "Say", b"pass on", &cx).await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::Unknown));
    }
}

#[tokio::test]
async fn a_long_message_arrives_shortened() {
    let (world, client, cx) = (World::new().await, client(), Context::new());
    let error = world.unary(&client, "Say", b"long", &cx).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(error.message().starts_with("éé") && error.message().ends_with("é…"), "{}", error.message());
}

/// A codec of an outside crate, linked in.
#[derive(Debug)]
struct Upper;

impl Backend for Upper {
    fn name(&self) -> &'static str {
        "upper"
    }

    fn encode(&self, _: &dyn Encode, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn decode(&self, _: &Bytes, _: &mut dyn Decode) -> Result<()> {
        Ok(())
    }
}

inventory::submit! { CodecRegistration::new(&Upper) }

#[tokio::test]
async fn any_codec_of_the_codec_room_is_spoken_in_every_protocol() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let answer = world.post("/test.Echo/Say", "application/upper", "HI").await;
        assert!(answer.contains("content-type: application/upper\r\n") && answer.ends_with("\r\nHI"), "{answer}");
        let answer = world.post("/test.Echo/Count", "application/connect+upper", "\0\0\0\0\x01x").await;
        assert!(answer.contains("content-type: application/connect+upper\r\n"), "{answer}");
        let answer = world.post("/test.Echo/Fail", "application/upper", "HI").await;
        assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
        let codec = Codec::named("upper").unwrap();
        let payload = Payload::One(Bytes::from_static(b"HI"));
        let method = Method { path: "/test.Echo/Meta", client_streaming: false, server_streaming: false };
        let request =
            Request { to: Destination::at(&world.address), service: "test", method, codec, payload, context: &cx };
        assert!(matches!(client.call(request).await.unwrap(), Payload::One(_)));
    }
}

#[tokio::test]
async fn metadata_deadline_trace_and_peer_arrive() {
    for client in clients() {
        let world = World::new().await;
        let mut metadata = Metadata::new();
        metadata.insert("tenant", "acme").unwrap();
        metadata.append("tenant", "other").unwrap();
        metadata.insert_bytes("key-bin", &[0, 255]).unwrap();
        metadata.insert("grpc-status", "7").unwrap();
        let trace = Trace::start();
        let cx = Context::new().with_metadata(metadata).with_trace(trace).with_timeout(Duration::from_secs(10));
        let text = world.unary(&client, "Meta", b"", &cx).await.unwrap();
        let text = String::from_utf8_lossy(&text);
        assert!(text.starts_with("tenant=acme\ntenant=other\nkey-bin=AP8\n"), "{text}");
        assert!(text.contains("deadline=true\n"), "{text}");
        assert!(text.contains(&format!("trace={:032x}\n", trace.trace_id())), "{text}");
        assert!(text.contains("peer=Remote(\"127.0.0.1:"), "{text}");
        let left: u64 = text.split("remaining=").nth(1).and_then(|rest| rest.lines().next()?.parse().ok()).unwrap();
        assert!((1_000..=10_000).contains(&left), "{left}");
        assert_eq!((cx.reply_headers().get("early"), cx.reply_headers().get("late")), (Some("header"), None));
        assert_eq!((cx.reply_trailers().get("late"), cx.reply_trailers().get("early")), (Some("trailer"), None));
    }
}

#[tokio::test]
async fn what_grpc_says_is_not_among_the_metadata() {
    let (world, client) = (World::new().await, client());
    let mut metadata = Metadata::new();
    metadata.insert("grpc-status", "7").unwrap();
    let text = world.unary(&client, "Meta", b"", &Context::new().with_metadata(metadata)).await.unwrap();
    let text = String::from_utf8_lossy(&text);
    assert!(text.starts_with("user-agent=micro/") && !text.contains("grpc"), "{text}");
}

#[tokio::test]
async fn a_connect_timeout_is_a_deadline_too() {
    let world = World::new().await;
    let hang = "POST /test.Echo/Hang HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
                connect-timeout-ms: 50\r\ncontent-length: 0\r\n\r\n";
    let answer = world.raw(hang).await;
    assert!(answer.starts_with("HTTP/1.1 504") && answer.contains("deadline_exceeded"), "{answer}");
    taken(&world.echo.seen.dropped).await;
}

#[tokio::test]
async fn a_deadline_ends_the_call_here_and_drops_the_handler_there() {
    for client in clients() {
        let world = World::new().await;
        // Long enough to be there before it ends, on a busy machine too.
        let patience = Duration::from_secs(1);
        assert_eq!(world.unary(&client, "Say", b"first", &Context::new()).await.unwrap(), "first");
        let cx = Context::new().with_timeout(patience);
        let error = world.unary(&client, "Hang", b"", &cx).await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::DeadlineExceeded, Execution::Unknown));
        taken(&world.echo.seen.dropped).await;
        let error = world.unary(&client, "Hang", b"", &cx).await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::DeadlineExceeded, Execution::NotStarted));

        let cx = Context::new().with_timeout(patience);
        let mut items = world.stream(&client, "Drip", "", &cx).await.unwrap();
        assert_eq!(items.next().await.unwrap().unwrap(), "drop");
        assert_eq!(items.next().await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
        taken(&world.echo.seen.dropped).await;
    }
}

#[tokio::test]
async fn dropping_a_call_drops_its_handler() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let seen = &world.echo.seen;
        {
            let call = world.unary(&client, "Hang", b"", &cx);
            tokio::select! {
                _ = call => panic!("it hangs"),
                () = taken(&seen.hanging) => {}
            }
        }
        taken(&seen.dropped).await;

        let mut items = world.stream(&client, "Drip", "", &cx).await.unwrap();
        assert_eq!(items.next().await.unwrap().unwrap(), "drop");
        drop(items);
        taken(&seen.dropped).await;

        let (_sender, items) = Streaming::channel(1);
        let chat = world.call(&client, "Chat", Payload::Many(items), &cx).await.unwrap();
        drop(chat);
        taken(&seen.dropped).await;
    }
}

#[tokio::test]
async fn a_broken_stream_of_requests_is_no_end_of_it() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let own = Error::new(Code::DataLoss, "the file ended");
        let (sender, items) = Streaming::channel(4);
        sender.send(Bytes::from_static(b"a")).await;
        sender.fail(own.clone()).await;
        let error = world.call(&client, "Sum", Payload::Many(items), &cx).await.unwrap_err();
        assert_eq!(error, own);
        // The connection is still good.
        assert_eq!(world.unary(&client, "Say", b"x", &cx).await.unwrap(), "x");
    }
}

#[tokio::test]
async fn a_hundred_thousand_items_one_by_one_do_not_kill_the_connection() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let mut items = world.stream(&client, "Flood", "100000", &cx).await.unwrap();
        let mut count = 0;
        while let Some(item) = items.try_next().await.unwrap() {
            assert_eq!(item, count.to_string());
            count += 1;
            if count == 1 {
                // A reader that is away for a while.
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
        assert_eq!(count, 100_000);
    }
}

#[tokio::test]
async fn a_slow_reader_of_a_hundred_thousand_items_gets_all_of_them() {
    let (world, client, cx) = (World::new().await, client(), Context::new());
    let mut items = world.stream(&client, "Flood", "100000", &cx).await.unwrap();
    let mut count = 0;
    while let Some(item) = items.try_next().await.unwrap() {
        assert_eq!(item, count.to_string());
        count += 1;
        if count % 10_000 == 0 {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
    assert_eq!(count, 100_000);
}

#[tokio::test]
async fn turn_after_turn_nobody_waits() {
    const TURNS: u32 = 10_000;
    let (world, client, cx) = (World::new().await, client(), Context::new());
    let (sender, requests) = Streaming::channel(1);
    let Payload::Many(mut replies) = world.call(&client, "Chat", Payload::Many(requests), &cx).await.unwrap() else {
        panic!()
    };
    let mut quick = 0;
    for _ in 0..TURNS {
        let since = Instant::now();
        assert!(sender.send(Bytes::from_static(b"ping")).await);
        assert_eq!(replies.next().await.unwrap().unwrap(), "re: ping");
        quick += u32::from(since.elapsed() < Duration::from_millis(10));
    }
    // Held back, each of them takes 10 ms at least; on a busy machine some do in any case.
    assert!(quick > TURNS / 10, "{quick} of {TURNS}");
}

#[tokio::test]
async fn who_sends_a_hundred_thousand_items_and_reads_the_answers_only_then_gets_all_of_them() {
    use futures_util::StreamExt;
    let (world, client, cx) = (World::new().await, client(), Context::new());
    let (told, all_sent) = tokio::sync::oneshot::channel();
    let items = futures_util::stream::iter(0..100_000).then(|_| async {
        tokio::task::yield_now().await;
        Ok(Bytes::from_static(b"x"))
    });
    let end = futures_util::stream::once(async move {
        let _ = told.send(());
        Ok(Bytes::from_static(b"end"))
    });
    let requests = Payload::Many(Streaming::new(items.chain(end)));
    let Payload::Many(mut replies) = world.call(&client, "Chat", requests, &cx).await.unwrap() else { panic!() };
    all_sent.await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut count = 0;
    while let Some(reply) = replies.try_next().await.unwrap() {
        assert!(reply.starts_with(b"re: "));
        count += 1;
    }
    assert_eq!(count, 100_001);
}

#[tokio::test]
async fn a_hundred_thousand_items_sent_one_by_one_arrive() {
    for client in clients() {
        use futures_util::StreamExt;
        let (world, cx) = (World::new().await, Context::new());
        let items = futures_util::stream::iter(0..100_000).then(|_| async {
            tokio::task::yield_now().await;
            Ok(Bytes::from_static(b"x"))
        });
        let items = Payload::Many(Streaming::new(items));
        let Payload::One(sum) = world.call(&client, "Sum", items, &cx).await.unwrap() else { panic!() };
        assert_eq!(sum, "100000/100000");
    }
}

#[tokio::test]
async fn items_longer_than_a_window_pass_and_small_ones_beside_them() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let sizes = [1, 3_000_000, 10, 200_000, 200_000, 1_000_000, 0, 4_000_000];
        let items = Streaming::iter(sizes.map(|size| Bytes::from(vec![7; size])));
        let Payload::Many(replies) = world.call(&client, "Chat", Payload::Many(items), &cx).await.unwrap() else {
            panic!()
        };
        let replies = replies.try_collect().await.unwrap();
        assert_eq!(replies.iter().map(Bytes::len).collect::<Vec<_>>(), sizes.map(|size| size + 4));
    }
}

#[tokio::test]
async fn a_stream_nobody_reads_holds_up_no_other_call() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let mut idle = world.stream(&client, "Flood", "1000000", &cx).await.unwrap();
        assert_eq!(idle.next().await.unwrap().unwrap(), "0");
        let (_silent, requests) = Streaming::channel(1);
        let _chat = world.call(&client, "Chat", Payload::Many(requests), &cx).await.unwrap();
        for _ in 0..100 {
            assert_eq!(world.unary(&client, "Say", b"hello", &cx).await.unwrap(), "hello");
        }
    }
}

#[tokio::test]
async fn many_calls_at_once_share_a_few_connections() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let calls = (0..500).map(|_| world.unary(&client, "Say", b"hello", &cx));
        for answer in futures_util::future::join_all(calls).await {
            assert_eq!(answer.unwrap(), "hello");
        }
        assert_eq!(world.echo.seen.calls.load(Ordering::SeqCst), 500);
    }
}

#[tokio::test]
async fn a_refused_connection_and_another_node_never_ran() {
    for client in clients() {
        let (world, cx) = (World::new().await, Context::new());
        let method = Method { path: "/test.Echo/Say", client_streaming: false, server_streaming: false };
        let request = |address, node, method| Request {
            to: Destination { node, ..Destination::at(address) },
            service: "test",
            method,
            codec: Codec::PROTO,
            payload: Payload::One(Bytes::new()),
            context: &cx,
        };
        let error = client.call(request("127.0.0.1:1", None, method)).await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
        let error = client.call(request(&world.address, Some("other"), method)).await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
        let streaming = Method { path: "/test.Echo/Count", server_streaming: true, ..method };
        let error = client.call(request(&world.address, Some("other"), streaming)).await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
        let unknown = Method { path: "/test.Echo/Nope", ..method };
        let error = client.call(request(&world.address, None, unknown)).await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unimplemented, Execution::NotStarted));
        for address in ["", "no port", "a b:1", "[::1"] {
            let error = client.call(request(address, None, method)).await.unwrap_err();
            assert_eq!(error.execution(), Execution::NotStarted, "{address} {error}");
        }
        assert_eq!(world.echo.seen.calls.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn a_dead_address_costs_every_caller_one_timeout() {
    // Accepts, and says nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let options = HttpClientOptions { connect_timeout: Duration::from_millis(200), ..HttpClientOptions::default() };
    let (client, cx) = (HttpClient::new(options), Context::new());
    let calls = (0..4).map(|_| crate::world::call(&client, &address, "Say", Payload::One(Bytes::new()), &cx));
    for outcome in futures_util::future::join_all(calls).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
    }
    assert!(listener.accept().now_or_never().is_some());
    assert!(listener.accept().now_or_never().is_none(), "they shared one connection");
}

#[tokio::test]
async fn a_server_that_vanished_is_noticed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let _server = micro::util::spawn::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // Empty settings, and then no answer to anything.
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"\0\0\0\x04\0\0\0\0\0").await.unwrap();
        std::future::pending::<()>().await;
    });
    let client =
        HttpClient::new(HttpClientOptions { keepalive: Duration::from_millis(50), ..HttpClientOptions::default() });
    let calling = crate::world::call(&client, &address, "Say", Payload::One(Bytes::new()), &Context::new()).await;
    let error = calling.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::Unknown));
}
