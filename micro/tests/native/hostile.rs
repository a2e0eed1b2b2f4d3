//! Peers that mean harm, or are simply broken, at either end: the connection ends with its reason, and everybody else is served.

use std::time::Duration;

use bytes::Bytes;
use micro::errors::Execution;
use micro::rpc::{Payload, Streaming};
use micro::transport::native::NativeClient;
use micro::{Code, Context};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::clients::{say, server};
use crate::raw::*;
use crate::servers::still_serves;
use crate::world::{World, call, taken};

/// What a call that streams both ways comes to when its server says `frames`, and the reason the client then gives.
async fn reason_of_the_client(frames: Vec<u8>) -> u8 {
    let (tell, told) = oneshot::channel();
    let (address, _server) = server(|mut raw| async move {
        raw.until(CALL).await;
        // The client need not read all of it.
        let _ = raw.0.write_all(&frames).await;
        let _ = tell.send(raw.reason().await);
    })
    .await;
    let (_open, items) = Streaming::channel(1);
    let (client, context) = (NativeClient::default(), Context::new());
    let answer = call(&client, &address, "Chat", Payload::Many(items), &context).await;
    let reason = told.await.expect("the connection ends with a reason");
    match answer {
        // Nobody has read it meanwhile.
        Ok(Payload::Many(mut items)) => while items.try_next().await.is_ok_and(|item| item.is_some()) {},
        Ok(Payload::One(_)) => panic!("a message where frames were forbidden"),
        Err(error) => assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::Unknown)),
    }
    reason
}

#[tokio::test]
async fn every_violation_of_a_server_ends_the_connection_with_its_reason() {
    let pairs = [&[0x83, 0x03], &b"\x01a\0".repeat(129)[..]].concat();
    let begin = || frame(BEGIN, 0, 1, &[0]);
    let overfull = frame(ITEMS, 0, 1, &vec![0; 300 * 1024]);
    for (what, frames, reason) in [
        ("garbage", b"garbage, and more of it than a head".to_vec(), 2),
        ("a frame of unknown kind", frame(99, 0, 1, &[]), 1),
        ("a frame of the other side", frame(CALL, 0, 1, &[]), 1),
        ("metadata that is cut", frame(REPLY, 1, 1, &[5]), 1),
        ("an end that is cut", frame(END, 0, 1, &[0]), 1),
        ("more details than there may be", frame(END, 0, 1, &[5, 0, 0, 0, 255, 255, 255, 255, 15]), 1),
        ("a ping that is cut", frame(PING, 0, 0, &[1]), 1),
        ("a goodbye that is cut", frame(BYE, 0, 1, &[]), 1),
        ("a length that lies", [&[0xff; 4][..], &[REPLY, 0, 0, 0, 0, 1]].concat(), 2),
        ("metadata that is too long", frame(BEGIN, 0, 1, &[0x80, 0x80, 0x40]), 2),
        ("too many pairs", frame(BEGIN, 0, 1, &pairs), 2),
        ("a message that is too long", frame(REPLY, 0, 1, &vec![0; (4 << 20) + 1]), 2),
        ("an answer to no call", frame(REPLY, 0, 2, b"x"), 3),
        ("an answer to id 0", frame(REPLY, 0, 0, b"x"), 3),
        ("items before the answer begins", frame(ITEMS, 0, 1, b"\x01x"), 3),
        ("a second HELLO", frame(HELLO, 0, 0, &[]), 3),
        ("items beyond the credit", [begin(), overfull.clone(), overfull].concat(), 5),
        ("credit beyond the window", frame(CREDIT, 0, 1, &u32::MAX.to_be_bytes()), 5),
    ] {
        assert_eq!(reason_of_the_client(frames).await, reason, "{what}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_anywhere_is_no_answer() {
    let client = NativeClient::default();
    let answer = frame(REPLY, 1, 1, &[&[5, 1, b'a', 2, b'b', b'c', 0][..], b"hello"].concat());
    for cut in 0..answer.len() {
        let said = answer[..cut].to_vec();
        let (address, _server) = server(|mut raw| async move {
            raw.until(CALL).await;
            raw.say(&said).await;
        })
        .await;
        let error = say(&client, &address, "x").await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::Unknown), "{cut}");
    }
}

#[tokio::test]
async fn a_call_that_is_answered_twice_has_its_first_answer() {
    let (address, _server) = server(|mut raw| async move {
        raw.until(CALL).await;
        raw.say(&[frame(REPLY, 0, 1, b"one"), frame(REPLY, 0, 1, b"two"), frame(END, 0, 1, &[5, 0, 0, 0, 0])].concat())
            .await;
        let second = raw.until(CALL).await;
        raw.say(&frame(REPLY, 0, second.id, b"three")).await;
        while raw.frame().await.is_some() {}
    })
    .await;
    let client = NativeClient::default();
    assert_eq!(say(&client, &address, "x").await.unwrap(), "one");
    assert_eq!(say(&client, &address, "x").await.unwrap(), "three");
}

#[tokio::test]
async fn a_server_that_asks_and_does_not_listen_is_left() {
    let (address, server) = server(|mut raw| async move {
        raw.until(CALL).await;
        let pings = frame(PING, 0, 0, &[0; 8]).repeat(1000);
        let mut said = 0;
        while raw.0.write_all(&pings).await.is_ok() {
            said += pings.len();
            assert!(said < 256 << 20, "the client answers all of them");
        }
    })
    .await;
    let error = say(&NativeClient::default(), &address, "x").await.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::Unknown));
    server.await.unwrap();
}

#[tokio::test]
async fn whoever_is_slow_is_served() {
    let world = World::new().await;
    let mut raw = Raw(TcpStream::connect(&world.address).await.unwrap());
    raw.0.set_nodelay(true).unwrap();
    for byte in [opening(), first("Say", "hello")].concat() {
        raw.say(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    raw.welcome().await;
    assert_eq!(raw.until(REPLY).await.body, b"hello");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_drips_for_ever_ends_its_connection_at_either_end() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    let begun = tokio::time::Instant::now();
    for byte in first("Say", "hello") {
        if raw.0.write_all(&[byte]).await.is_err() || begun.elapsed() > Duration::from_secs(40) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(4)).await;
    }
    assert_eq!(raw.reason().await, 6);

    let (address, server) = server(|mut raw| async move {
        raw.until(CALL).await;
        for byte in frame(REPLY, 0, 1, b"hello") {
            let _ = raw.0.write_all(&[byte]).await;
            tokio::time::sleep(Duration::from_secs(4)).await;
        }
        assert_eq!(raw.reason().await, 6);
    })
    .await;
    let begun = tokio::time::Instant::now();
    let error = say(&NativeClient::default(), &address, "x").await.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::Unknown));
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_vanished_is_asked_once_and_takes_its_handlers_with_it() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    raw.say(&first("Hang", "")).await;
    taken(&world.echo.seen.hanging).await;
    // It is there and says nothing, as a machine that has lost its power.
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(raw.frame().await.unwrap().kind, PING);
    assert_eq!(raw.reason().await, 6);
    taken(&world.echo.seen.dropped).await;
}

#[tokio::test(start_paused = true)]
async fn who_never_finishes_the_opening_is_closed() {
    let world = World::new().await;
    for said in [&PREFACE[..1], PREFACE, &opening()[..12]] {
        let mut raw = Raw(TcpStream::connect(&world.address).await.unwrap());
        raw.say(said).await;
        let begun = tokio::time::Instant::now();
        let mut answer = Vec::new();
        let ended = tokio::io::AsyncReadExt::read_to_end(&mut raw.0, &mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it is closed");
        assert!(begun.elapsed() < Duration::from_secs(11), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_flood_of_streams_is_refused_beyond_its_limit_and_all_of_them_end_with_the_connection() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    let mut flood = frame(CALL, DEFINE, 1, &define(0, "Chat"));
    for id in 2..=1025 {
        flood.extend(frame(CALL, 0, id, &[0, 0, 0]));
        flood.extend(frame(ITEMS, 0, id, b"\x05hello"));
    }
    raw.say(&flood).await;
    assert_eq!(raw.until(REFUSED).await.id, 1025);
    for _ in 0..1024 {
        taken(&world.echo.seen.hanging).await;
    }
    drop(raw);
    for _ in 0..1024 {
        taken(&world.echo.seen.dropped).await;
    }
    still_serves(&world).await;
}

#[tokio::test]
async fn a_storm_of_connections_that_are_reset_leaves_nothing() {
    let world = World::new().await;
    let mut begun = 0;
    for round in 0..200 {
        let mut stream = TcpStream::connect(&world.address).await.unwrap();
        stream.write_all(&[opening(), first("Hang", "")].concat()).await.unwrap();
        if round % 2 == 0 {
            taken(&world.echo.seen.hanging).await;
            begun += 1;
        }
        // With the opening of the server unread, closing it is a reset.
        drop(stream);
        if round % 2 == 0 {
            taken(&world.echo.seen.dropped).await;
        }
    }
    assert_eq!(begun, 100);
    still_serves(&world).await;
}

#[tokio::test]
async fn a_server_that_agrees_on_no_method_is_not_called() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let accept = async {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            let mut raw = Raw(stream);
            // No methods: setting 5 is 0.
            raw.say(&[PREFACE, &frame(HELLO, 0, 0, &[5, 0])].concat()).await;
            open.push(raw);
        }
    };
    let calls = async {
        let client = NativeClient::default();
        for _ in 0..3 {
            let error = say(&client, &address, "x").await.unwrap_err();
            assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
        }
    };
    tokio::select! {
        () = accept => {}
        () = calls => {}
    }
}

#[tokio::test]
async fn what_a_peer_does_not_take_is_not_sent_to_it() {
    // Messages of 4 bytes, metadata of 2.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let accept = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut raw = Raw(stream);
        raw.say(&[PREFACE, &frame(HELLO, 0, 0, &[1, 4, 2, 2])].concat()).await;
        raw.welcome().await;
        assert_eq!(raw.frame().await, None);
    };
    let calls = async {
        let client = NativeClient::default();
        let error = say(&client, &address, "hello").await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::ResourceExhausted, Execution::NotStarted));
        let mut metadata = micro::metadata::Metadata::new();
        metadata.insert("key", "value").unwrap();
        let context = Context::new().with_metadata(metadata);
        let payload = Payload::One(Bytes::from_static(b"x"));
        let error = call(&client, &address, "Say", payload, &context).await.unwrap_err();
        assert_eq!((error.code(), error.execution()), (Code::ResourceExhausted, Execution::NotStarted));
    };
    tokio::join!(accept, calls);
}
