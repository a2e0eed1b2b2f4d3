//! Slow subscribers, and their effect on others.

use std::time::Duration;

use super::world::{World, bodies, body, next, nothing, order};
use crate::Code;
use crate::util::clock;

#[tokio::test(start_paused = true)]
async fn a_slow_subscriber_is_bounded_and_slows_nobody_else() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut slow = b.subscribed(Some("slow"), 1).await;
    let mut quick = b.subscribed(Some("quick"), 64).await;
    let mut count = 0;
    let begun = clock::now();
    while count < 10_000 {
        a.publish(count..count + 100).await;
        assert_eq!(bodies(&mut quick, 100).await, Vec::from_iter(count..count + 100));
        count += 100;
    }
    // Each publisher waited one second for the slow subscriber, and for nothing else.
    assert!(begun.elapsed() < Duration::from_secs(101), "{:?}", begun.elapsed());
    let error = a.broker.publish(order(count)).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    let who =
        "`orders.placed` has subscribers that are behind: queue `slow` of `orders.>` at `b` has 10000 events waiting";
    assert!(error.message().contains(who), "{error}");
    nothing(&mut quick).await;
    // With space again, only the slow subscriber itself is left to wait for.
    let (published, ()) = tokio::join!(a.broker.publish(order(count)), async {
        clock::sleep(Duration::from_millis(500)).await;
        assert_eq!(bodies(&mut slow, 1).await, [0]);
    });
    published.unwrap();
    assert_eq!(bodies(&mut quick, 1).await, [count]);
    assert_eq!(bodies(&mut slow, 10_000).await, Vec::from_iter(1..10_001));
}

#[tokio::test(start_paused = true)]
async fn what_waits_in_a_process_is_bounded_and_nothing_is_overtaken() {
    let world = World::new();
    let b = world.process("b");
    let mut slow = b.subscribed(None, 200).await;
    let mut processes = Vec::new();
    // Twenty-six publishers send four hundred events each, and keep a hundred.
    for id in 0..26 {
        let publisher = world.process(&format!("p{id}"));
        publisher.publish(id * 500..(id + 1) * 500).await;
        processes.push(publisher);
    }
    assert_eq!(b.direct.0.driver.waiting(), 10_000);
    let mut of = vec![Vec::new(); 26];
    for body in bodies(&mut slow, 26 * 500).await {
        of[body / 500].push(body);
    }
    for (id, bodies) in of.into_iter().enumerate() {
        assert_eq!(bodies, Vec::from_iter(id * 500..(id + 1) * 500), "of publisher {id}");
    }
    nothing(&mut slow).await;
}

#[tokio::test(start_paused = true)]
async fn events_that_wait_for_their_next_try_take_nobodys_place() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut queue = b.subscribed(Some("audit"), 4).await;
    a.publish(0..200).await;
    for _ in 0..200 {
        next(&mut queue).await.retry(Duration::from_secs(3600)).await.unwrap();
    }
    a.publish(200..400).await;
    assert_eq!(bodies(&mut queue, 200).await, Vec::from_iter(200..400));
    nothing(&mut queue).await;
    clock::sleep(Duration::from_secs(3600)).await;
    for _ in 0..200 {
        let delivery = next(&mut queue).await;
        assert_eq!(delivery.attempt, 2);
        delivery.ack().await.unwrap();
    }
    a.broker.flush().await;
    assert_eq!(b.direct.0.driver.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn members_that_have_all_they_asked_for_are_passed_over() {
    let world = World::new();
    let (a, b, c) = (world.process("a"), world.process("b"), world.process("c"));
    let mut narrow = b.subscribed(Some("audit"), 2).await;
    let mut wide = c.subscribed(Some("audit"), 20).await;
    a.publish(0..1).await;
    let first = tokio::select! {
        first = next(&mut narrow) => first,
        first = next(&mut wide) => first,
    };
    first.ack().await.unwrap();
    clock::sleep(Duration::from_millis(1)).await;
    a.publish(1..21).await;
    let mut with_narrow = Vec::new();
    while let Ok(delivery) = clock::timeout(Duration::from_millis(1), next(&mut narrow)).await {
        with_narrow.push(delivery);
    }
    assert_eq!(with_narrow.len(), 2);
    let mut with_wide = Vec::new();
    for _ in 0..18 {
        with_wide.push(next(&mut wide).await);
    }
    let mut all: Vec<usize> = with_wide.iter().chain(&with_narrow).map(body).collect();
    all.sort_unstable();
    assert_eq!(all, Vec::from_iter(1..21));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_too_large_is_refused_at_once() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut queue = b.subscribed(Some("audit"), 2).await;
    let mut large = order(1);
    large.body = vec![7; 4 * 1024 * 1024].into();
    let error = a.broker.publish(large.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    large.body = vec![7; 4 * 1024 * 1024 - 20 * 1024].into();
    a.broker.publish(large.clone()).await.unwrap();
    let delivery = next(&mut queue).await;
    assert!(delivery.event == large);
}
