//! The server, and clients that do what they may not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use micro::Context;
use micro::server::Drained;
use micro::util::lifecycle::State;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::*;
use crate::world::{World, clients, taken};

pub(crate) async fn still_serves(world: &World) {
    let [_, native] = clients();
    assert_eq!(world.unary(&native, "Say", b"x", &Context::new()).await.unwrap(), "x");
}

#[tokio::test]
async fn a_call_is_answered_and_so_is_a_ping() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    raw.say(&[first("Say", "hello"), later(2, "again"), frame(PING, 0, 0, &[7; 8])].concat()).await;
    // In whatever order: a call that takes a task of its own may be answered behind a later one.
    let mut answers = Vec::new();
    for _ in 0..3 {
        let Frame { kind, id, body, .. } = raw.frame().await.unwrap();
        answers.push((kind, id, body));
    }
    answers.sort_unstable();
    let expected = [(REPLY, 1, &b"hello"[..]), (REPLY, 2, b"again"), (PONG, 0, &[7; 8])];
    assert_eq!(answers, expected.map(|(kind, id, body)| (kind, id, body.to_vec())));
    // A kind of a later version is passed over.
    raw.say(&[frame(200, 1, 9, b"?"), later(3, "on")].concat()).await;
    assert_eq!(raw.frame().await.unwrap().body, b"on");
}

#[tokio::test]
async fn every_violation_ends_the_connection_with_its_reason() {
    let world = World::new().await;
    let hang = |id| frame(CALL, 0, id, &[0, 0, 0]);
    let chat = frame(CALL, DEFINE, 1, &define(0, "Chat"));
    let bomb = [&[0_u8, 0][..], &[0x80, 0x80, 0x40], &[0; 16]].concat();
    let pairs = [&[0_u8, 0][..], &[0x83, 0x03], &b"\x01a\0".repeat(129)].concat();
    let overfull = frame(ITEMS, 0, 1, &vec![0; 300 * 1024]);
    let cases: Vec<(&str, Vec<u8>, u8)> = vec![
        ("garbage", b"garbage, and more of it than a head".to_vec(), 2),
        ("a frame of unknown kind", frame(99, 0, 0, &[]), 1),
        ("a frame of the other side", frame(REPLY, 0, 1, &[]), 1),
        ("a call that is cut", frame(CALL, MESSAGE | DEFINE, 1, &define(0, "Say")[..9]), 1),
        ("text that is none", frame(CALL, DEFINE, 1, &[0, 2, 0xff, 0xfe]), 1),
        ("bytes where there are none", frame(CALL, DEFINE, 1, &[&define(0, "Chat"), &b"x"[..]].concat()), 1),
        ("a ping that is cut", frame(PING, 0, 0, &[1]), 1),
        ("a length that lies", [&[0xff; 4][..], &[CALL, 0, 0, 0, 0, 1]].concat(), 2),
        ("metadata that is too long", [first("Say", ""), frame(CALL, MESSAGE, 2, &bomb)].concat(), 2),
        ("too many pairs", [first("Say", ""), frame(CALL, MESSAGE, 2, &pairs)].concat(), 2),
        ("a message that is too long", [first("Say", ""), later(2, &"x".repeat((4 << 20) + 1))].concat(), 2),
        ("an id used twice", [first("Say", ""), later(1, "")].concat(), 3),
        ("an id left out", [first("Say", ""), later(3, "")].concat(), 3),
        ("id 0", frame(CALL, MESSAGE | DEFINE, 0, &define(0, "Say")), 3),
        ("items of no call", frame(ITEMS, 0, 1, &[]), 3),
        ("cancelling no call", frame(CANCEL, 0, 7, &[]), 3),
        ("a method not agreed on", later(1, ""), 3),
        ("a method left out", frame(CALL, MESSAGE | DEFINE, 1, &define(1, "Say")), 3),
        ("a second HELLO", frame(HELLO, 0, 0, &[]), 3),
        ("DONE without DRAIN", frame(DONE, 0, 0, &[]), 3),
        ("items beyond the credit", [chat.clone(), overfull.clone(), overfull].concat(), 5),
        (
            "items behind the last",
            [chat.clone(), frame(ITEMS, 1, 1, b"\x01a"), frame(ITEMS, 0, 1, b"\x01a")].concat(),
            5,
        ),
        ("items of one message", [first("Hang", ""), frame(ITEMS, 0, 1, b"\x01a")].concat(), 1),
        ("a stream that ends the wrong way", [chat, hang(2), frame(CREDIT, 0, 2, &[0])].concat(), 0),
    ];
    for (what, bytes, reason) in cases {
        let mut raw = Raw::open(&world.address).await;
        let _ = raw.0.write_all(&bytes).await;
        if reason > 0 {
            assert_eq!(raw.reason().await, reason, "{what}");
        }
        still_serves(&world).await;
    }
}

#[tokio::test]
async fn credit_beyond_the_window_is_a_violation() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    raw.say(&frame(CALL, MESSAGE | DEFINE, 1, &define(0, "Drip"))).await;
    raw.until(ITEMS).await;
    raw.say(&frame(CREDIT, 0, 1, &u32::MAX.to_be_bytes())).await;
    assert_eq!(raw.reason().await, 5);
    taken(&world.echo.seen.dropped).await;
}

#[tokio::test]
async fn a_flood_of_methods_is_stopped() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    let mut flood = Vec::new();
    for number in 0..=1024_u32 {
        let low = [number as u8 | 0x80, (number >> 7) as u8];
        let body = [&low[..], &define(0, "Say")[1..]].concat();
        flood.extend(frame(CALL, MESSAGE | DEFINE, number + 1, &body));
    }
    let (mut reading, mut writing) = raw.0.split();
    let mut all = Vec::new();
    let (_, _) = tokio::join!(writing.write_all(&flood), reading.read_to_end(&mut all));
    assert!(String::from_utf8_lossy(&all).contains("more than 1024 methods"));
}

#[tokio::test]
async fn a_flood_of_calls_is_refused_and_a_storm_of_resets_leaves_nothing() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    let mut flood = first("Hang", "");
    (2..=1025).for_each(|id| flood.extend(later(id, "")));
    raw.say(&flood).await;
    let refused = raw.frame().await.unwrap();
    assert_eq!((refused.kind, refused.id), (REFUSED, 1025));
    let storm: Vec<u8> =
        (1026..11_000).flat_map(|id| [frame(CANCEL, 0, id - 1025, &[]), later(id, "")].concat()).collect();
    raw.say(&storm).await;
    drop(raw);
    // Some were undone before they began.
    let gone = || world.echo.seen.hanging.available_permits() == world.echo.seen.dropped.available_permits();
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if gone() {
            break;
        }
    }
    assert!(gone() && world.echo.seen.hanging.available_permits() >= 1024);
    still_serves(&world).await;
}

#[tokio::test]
async fn cut_anywhere_a_conversation_leaves_nothing_behind() {
    let world = World::new().await;
    let whole = [opening(), first("Say", "hello"), frame(PING, 0, 0, &[0; 8])].concat();
    let call = opening().len() + first("Say", "hello").len();
    let mut calls = 0;
    for cut in 1..whole.len() {
        let mut stream = TcpStream::connect(&world.address).await.unwrap();
        stream.write_all(&whole[..cut]).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        calls += usize::from(cut >= call);
        assert_eq!(world.echo.seen.calls.load(Ordering::SeqCst), calls, "{cut}");
    }
    still_serves(&world).await;
}

#[tokio::test]
async fn another_version_is_told_which_one_is_spoken() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(&world.address).await.unwrap();
    stream.write_all(b"\0micro/9 and whatever comes then").await.unwrap();
    let mut answer = [0; 8];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, PREFACE);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn a_client_that_is_gone_takes_its_handlers_with_it() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    raw.say(&first("Hang", "")).await;
    taken(&world.echo.seen.hanging).await;
    // Half closed: nobody is left to cancel.
    raw.0.shutdown().await.unwrap();
    taken(&world.echo.seen.dropped).await;
}

#[tokio::test]
async fn who_does_not_read_is_not_read_and_holds_up_nobody_else() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    raw.say(&first("Say", "")).await;
    let message = "x".repeat(100_000);
    let mut sent = 0;
    for id in 2.. {
        let call = later(id, &message);
        match tokio::time::timeout(Duration::from_millis(500), raw.0.write_all(&call)).await {
            Ok(done) => done.unwrap(),
            Err(_) => break,
        }
        sent += call.len();
        assert!(sent < 256 << 20, "the server takes all of it");
    }
    still_serves(&world).await;
}

#[tokio::test]
async fn a_drain_waits_for_the_last_call_and_says_what_was_handled() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    raw.say(&first("Gate", "a")).await;
    taken(&world.echo.seen.hanging).await;
    world.lifecycle.advance(State::Draining);
    assert_eq!(raw.frame().await.unwrap().kind, DRAIN);
    raw.say(&[later(2, "b"), frame(DONE, 0, 2, &[])].concat()).await;
    taken(&world.echo.seen.hanging).await;
    let since = std::time::Instant::now();
    world.echo.seen.gate.notify_waiters();
    let mut answered = [raw.until(REPLY).await.id, raw.until(REPLY).await.id];
    answered.sort_unstable();
    assert_eq!(answered, [1, 2]);
    let bye = raw.frame().await.unwrap();
    assert_eq!((bye.kind, bye.id, bye.body[0]), (BYE, 2, 0));
    // Nothing else would wake the connection before the twenty seconds of its keepalive.
    assert!(since.elapsed() < Duration::from_secs(15), "{:?} behind the last answer", since.elapsed());
    assert_eq!(raw.frame().await, None);
    drop(raw);
    assert_eq!(world.server.await.unwrap(), Drained::Clean);
}

#[tokio::test]
async fn a_client_that_never_says_done_has_a_second() {
    let world = World::new().await;
    let mut raw = Raw::open(&world.address).await;
    raw.say(&first("Say", "")).await;
    raw.until(REPLY).await;
    world.lifecycle.advance(State::Draining);
    assert_eq!(raw.until(BYE).await.id, 1);
    drop(raw);
    assert_eq!(world.server.await.unwrap(), Drained::Clean);
}
