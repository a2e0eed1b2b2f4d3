//! Peers that misbehave, and callers that ask for too much: whom it concerns, and whom it must not.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{join, join_all};
use micro::errors::Execution;
use micro::metadata::Metadata;
use micro::rpc::{Payload, Streaming};
use micro::{Code, Context, Error};
use tokio::sync::Semaphore;

use crate::raw::{self, Port, Raw, in_time, single};
use crate::world::{World, call, taken};

const REFUSED: u32 = 7;
const CALM: u32 = 11;

fn one() -> Payload {
    Payload::One(Bytes::from_static(b"x"))
}

async fn say(client: &micro::transport::http::HttpClient, address: &str) -> Result<Payload, Error> {
    call(client, address, "Say", one(), &Context::new()).await
}

/// Three calls on one connection, and what became of each after `server` had its way.
async fn three<F: Future<Output = ()>>(server: impl FnOnce(Raw, Vec<u32>) -> F) -> Vec<Result<(), (Code, Execution)>> {
    let (port, address) = Port::new().await;
    let client = single();
    let calls = join_all((0..3).map(|_| say(&client, &address)));
    let serving = async {
        let mut raw = port.accept().await;
        let streams = raw.requests(3).await;
        server(raw, streams).await;
    };
    let (outcomes, ()) = in_time(join(calls, serving)).await;
    outcomes.into_iter().map(|outcome| outcome.map(drop).map_err(|error| (error.code(), error.execution()))).collect()
}

const LOST: Result<(), (Code, Execution)> = Err((Code::Unavailable, Execution::Unknown));
const NEVER: Result<(), (Code, Execution)> = Err((Code::Unavailable, Execution::NotStarted));

#[tokio::test]
async fn what_became_of_a_call_is_told_from_what_the_server_said_of_it() {
    for reason in [0, CALM] {
        // Above what it promised nothing ran; of the rest nobody knows.
        let fates = three(async |mut raw, streams| {
            raw.go_away(streams[0], reason).await;
            raw.close().await;
        });
        let fates = fates.await;
        assert_eq!(fates, [LOST, NEVER, NEVER]);
        let fates = three(async |mut raw, streams| {
            raw.go_away(i32::MAX as u32, reason).await;
            raw.go_away(streams[1], reason).await;
            raw.answer(streams[1]).await;
            raw.close().await;
        });
        assert_eq!(fates.await, [LOST, Ok(()), NEVER]);
    }
    let fates = three(async |mut raw, streams| {
        raw.reset(streams[0], REFUSED).await;
        raw.reset(streams[1], CALM).await;
        raw.head(streams[2]).await;
        raw.reset(streams[2], REFUSED).await;
        raw.close().await;
    });
    assert_eq!(fates.await, [NEVER, Err((Code::ResourceExhausted, Execution::Unknown)), LOST]);
    // The end of the connection says nothing, whichever way it comes.
    assert_eq!(three(async |raw, _| raw.close().await).await, [LOST; 3]);
    let fates = three(async |raw, _| raw.0.set_zero_linger().unwrap()).await;
    assert_eq!(fates, [LOST; 3]);
    let fates = three(async |mut raw, streams| {
        raw.head(streams[0]).await;
        raw.send(raw::DATA, 0, streams[0], b"\0\0\0\0\x09half").await;
    });
    assert_eq!(fates.await, [LOST; 3]);
}

#[tokio::test]
async fn metadata_that_is_too_much_harms_no_other_call() {
    let (world, client) = (World::new().await, single());
    for size in [60_000, 70_000, 300_000] {
        let other = async {
            let answer = world.unary(&client, "Gate", b"other", &Context::new()).await;
            assert_eq!(answer.unwrap(), "other", "{size}");
        };
        let greedy = async {
            taken(&world.echo.seen.hanging).await;
            let mut metadata = Metadata::new();
            metadata.insert("much", "x".repeat(size)).unwrap();
            let answer = world.unary(&client, "Say", b"x", &Context::new().with_metadata(metadata)).await;
            match answer {
                Ok(_) => assert_eq!(size, 60_000),
                Err(error) => {
                    assert_eq!((error.code(), error.execution()), (Code::ResourceExhausted, Execution::NotStarted))
                }
            }
            world.echo.seen.gate.notify_waiters();
        };
        in_time(join(other, greedy)).await;
    }
    let other = async {
        let answer = world.unary(&client, "Gate", b"other", &Context::new()).await;
        assert_eq!(answer.unwrap(), "other");
    };
    let greedy = async {
        taken(&world.echo.seen.hanging).await;
        let cx = Context::new().child();
        let answer = world.unary(&client, "Say", b"much", &cx).await;
        assert_eq!(answer.unwrap(), "much");
        assert!(cx.reply_headers().get("much").is_none() && cx.reply_trailers().get("more").is_none());
        world.echo.seen.gate.notify_waiters();
    };
    in_time(join(other, greedy)).await;
}

#[tokio::test]
async fn calls_given_up_in_numbers_and_answered_late_cost_no_other_call() {
    let (port, address) = Port::new().await;
    let client = single();
    let (read, given_up) = (Semaphore::new(0), Semaphore::new(0));
    let serving = async {
        let mut raw = port.accept().await;
        let other = raw.requests(1).await[0];
        read.add_permits(1);
        for _ in 0..20 {
            let streams = raw.requests(80).await;
            read.add_permits(1);
            taken(&given_up).await;
            for stream in streams {
                raw.answer(stream).await;
            }
        }
        raw.answer(other).await;
        raw.next().await;
    };
    let calling = async {
        let other = say(&client, &address);
        let impatient = async {
            taken(&read).await;
            for _ in 0..20 {
                let calls = join_all((0..80).map(|_| say(&client, &address)));
                tokio::select! {
                    _ = calls => panic!("they are not answered yet"),
                    () = taken(&read) => {}
                }
                given_up.add_permits(1);
            }
        };
        join(other, impatient).await.0.unwrap();
    };
    in_time(async {
        tokio::select! {
            () = serving => {}
            () = calling => {}
        }
    })
    .await;
}

#[tokio::test]
async fn streams_that_are_refused_while_they_come_cost_no_other_call() {
    let (world, client) = (World::new().await, single());
    let other = async {
        let answer = world.unary(&client, "Gate", b"other", &Context::new()).await;
        assert_eq!(answer.unwrap(), "other");
    };
    let refused = async {
        taken(&world.echo.seen.hanging).await;
        for _ in 0..30 {
            let calls = (0..100).map(|_| async {
                let items = futures_util::stream::iter(0..200).then(|_| async {
                    tokio::task::yield_now().await;
                    Ok(Bytes::from(vec![7; 1_000]))
                });
                let items = Payload::Many(Streaming::new(items));
                call(&client, &world.address, "Refuse", items, &Context::new()).await.map(drop).unwrap_err()
            });
            for error in join_all(calls).await {
                assert_eq!(error.code(), Code::FailedPrecondition, "{error:#}");
            }
        }
        world.echo.seen.gate.notify_waiters();
    };
    in_time(join(other, refused)).await;
}

#[tokio::test]
async fn large_requests_at_once_pass_and_what_is_given_up_takes_no_room() {
    let (world, client) = (World::new().await, single());
    let large = Bytes::from(vec![7; 4 * 1024 * 1024]);
    let say = async |cx: &Context| call(&client, &world.address, "Say", Payload::One(large.clone()), cx).await;
    for wait in [0, 1, 2, 5, 10, 20] {
        let given_up =
            join_all((0..8).map(async |_| {
                tokio::time::timeout(Duration::from_millis(wait), say(&Context::new())).await.map(drop)
            }));
        in_time(given_up).await;
    }
    let all = (0..8).map(async |_| match say(&Context::new()).await {
        Ok(Payload::One(back)) => assert_eq!(back, large),
        other => panic!("{other:?}"),
    });
    in_time(join_all(all)).await;
}

#[tokio::test]
async fn answers_that_are_given_up_take_no_room() {
    let (world, client) = (World::new().await, single());
    for n in 0..60 {
        let mut items = world.stream(&client, "Flood", "200000", &Context::new()).await.unwrap();
        if n % 2 == 0 {
            assert_eq!(items.next().await.unwrap().unwrap(), "0");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let items = in_time(world.stream(&client, "Flood", "100000", &Context::new())).await.unwrap();
    assert_eq!(in_time(items.try_collect()).await.unwrap().len(), 100_000);
}

#[tokio::test]
async fn a_peer_that_grants_no_room_costs_its_callers_their_time_only() {
    let (port, address) = Port::new().await;
    let client = single();
    let serving = async {
        let mut raw = port.accept().await;
        let first = raw.requests(1).await[0];
        raw.answer(first).await;
        while raw.next().await.is_some() {}
    };
    let calling = async {
        say(&client, &address).await.unwrap();
        let large = Bytes::from(vec![7; 1024 * 1024]);
        for payload in [
            Payload::One(large.clone()),
            Payload::Many(Streaming::iter(vec![large; 3])),
            Payload::Many(Streaming::iter(std::iter::repeat_n(Bytes::from_static(b"x"), 1_000_000))),
        ] {
            let name = if matches!(payload, Payload::One(_)) { "Say" } else { "Sum" };
            let cx = Context::new().with_timeout(Duration::from_millis(500));
            let error = call(&client, &address, name, payload, &cx).await.unwrap_err();
            assert_eq!((error.code(), error.execution()), (Code::DeadlineExceeded, Execution::Unknown));
        }
    };
    in_time(async {
        tokio::select! {
            () = serving => panic!("the connection is kept"),
            () = calling => {}
        }
    })
    .await;
}
