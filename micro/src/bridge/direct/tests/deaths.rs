//! Crashes and departures of processes, and the fate of their events.

use std::time::Duration;

use super::world::{World, bodies, body, next, nothing, order};
use crate::broker::{Broker, Subscription};
use crate::util::clock;

#[tokio::test(start_paused = true)]
async fn what_a_dead_member_had_goes_to_another_as_another_delivery() {
    let world = World::new();
    let (a, b, c) = (world.process("a"), world.process("b"), world.process("c"));
    let mut dying = b.subscribed(Some("audit"), 4).await;
    a.publish(0..4).await;
    let held = [next(&mut dying).await, next(&mut dying).await];
    let mut living = c.subscribed(Some("audit"), 4).await;
    a.publish(4..8).await;
    assert_eq!(bodies(&mut living, 4).await, [4, 5, 6, 7]);
    std::mem::forget((held, dying));
    b.kill();
    // Links to live processes break as well, once those have acknowledged, and reopen.
    clock::sleep(Duration::from_millis(10)).await;
    a.cable.cut();
    clock::sleep(Duration::from_millis(10)).await;
    a.cable.mend();
    let mut again = Vec::new();
    for _ in 0..4 {
        let delivery = next(&mut living).await;
        assert_eq!(delivery.attempt, 2);
        again.push(body(&delivery));
        delivery.ack().await.unwrap();
    }
    assert_eq!(again, [0, 1, 2, 3]);
    nothing(&mut living).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_is_handled_though_its_publisher_is_gone() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut alone = b.subscribed(None, 4).await;
    let mut queue = b.subscribed(Some("audit"), 4).await;
    a.publish(0..8).await;
    a.direct.close();
    drop(a);
    assert_eq!(bodies(&mut alone, 8).await, Vec::from_iter(0..8));
    let first = next(&mut queue).await;
    first.retry(Duration::from_secs(1)).await.unwrap();
    assert_eq!(bodies(&mut queue, 8).await, [1, 2, 3, 4, 5, 6, 7, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_given_back_to_its_publisher_is_taken_over() {
    let world = World::new();
    let (a, b, c) = (world.process("a"), world.process("b"), world.process("c"));
    let mut leaving = b.subscribed(Some("audit"), 2).await;
    a.publish(0..5).await;
    a.direct.close();
    drop(a);
    let held = next(&mut leaving).await;
    let mut staying = c.subscribed(Some("audit"), 8).await;
    drop((held, leaving));
    let mut attempts = Vec::new();
    for _ in 0..5 {
        let delivery = next(&mut staying).await;
        attempts.push((body(&delivery), delivery.attempt));
        delivery.ack().await.unwrap();
    }
    attempts.sort_unstable();
    assert_eq!(attempts, [(0, 2), (1, 1), (2, 1), (3, 1), (4, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_leaves_hands_on_what_it_has_not_begun_and_settles_the_rest() {
    let world = World::new();
    let (a, b, c) = (world.process("a"), world.process("b"), world.process("c"));
    let mut leaving = b.subscribed(Some("audit"), 2).await;
    let mut alone = b.subscribed(None, 2).await;
    a.publish(0..6).await;
    let held = [next(&mut leaving).await, next(&mut leaving).await];
    let mut staying = c.subscribed(Some("audit"), 8).await;
    b.direct.leave().await;
    let listed = world.registry.nodes("micro.events").await.unwrap();
    assert_eq!(listed.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(), ["c"]);
    assert_eq!(bodies(&mut staying, 4).await, [2, 3, 4, 5]);
    // A subscriber without a queue keeps the events it received.
    assert_eq!(bodies(&mut alone, 6).await, Vec::from_iter(0..6));
    a.publish(6..9).await;
    assert_eq!(bodies(&mut staying, 3).await, [6, 7, 8]);
    for delivery in held {
        delivery.ack().await.unwrap();
    }
    clock::sleep(Duration::from_millis(100)).await;
    nothing(&mut staying).await;
    nothing(&mut leaving).await;
    nothing(&mut alone).await;
    let refused = b.broker.subscribe(Subscription::new("orders.>".parse().unwrap())).await.unwrap_err();
    assert!(refused.message().contains("is leaving"), "{refused}");
    // The process can still publish.
    b.publish([9]).await;
    assert_eq!(bodies(&mut staying, 1).await, [9]);
}

#[tokio::test(start_paused = true)]
async fn a_broken_link_is_no_second_delivery_where_the_first_is_still_there() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut alone = b.subscribed(None, 3).await;
    a.publish(0..10).await;
    let held = next(&mut alone).await;
    a.cable.cut();
    clock::sleep(Duration::from_millis(10)).await;
    let publishing = a.publish(10..20);
    let mending = async {
        clock::sleep(Duration::from_millis(500)).await;
        a.cable.mend();
    };
    tokio::join!(publishing, mending);
    held.ack().await.unwrap();
    assert_eq!(bodies(&mut alone, 19).await, Vec::from_iter(1..20));
    nothing(&mut alone).await;
    a.broker.flush().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_whose_only_member_is_replaced_loses_nothing() {
    let world = World::new();
    let a = world.process("a");
    let b = world.process("b");
    let mut first = b.subscribed(Some("audit"), 2).await;
    a.publish(0..5).await;
    assert_eq!(bodies(&mut first, 2).await, [0, 1]);
    b.direct.leave().await;
    drop((first, b));
    let begun = clock::now();
    // Publishers do not wait for absent members.
    a.publish(5..8).await;
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
    clock::sleep(Duration::from_secs(30)).await;
    let b = world.process("b2");
    let mut second = b.subscribed(Some("audit"), 2).await;
    assert_eq!(bodies(&mut second, 6).await, Vec::from_iter(2..8));
    // After a minute the events are dropped.
    drop(second);
    a.publish(8..10).await;
    clock::sleep(Duration::from_secs(61)).await;
    let mut third = b.subscribed(Some("audit"), 2).await;
    nothing(&mut third).await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_without_a_queue_that_left_holds_up_nobody() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let alone = b.subscribed(None, 1).await;
    a.publish(0..200).await;
    drop(alone);
    clock::sleep(Duration::from_millis(10)).await;
    let begun = clock::now();
    for part in 0..300 {
        a.publish(part * 100..(part + 1) * 100).await;
    }
    a.broker.flush().await;
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn flushing_waits_until_events_are_elsewhere() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut queue = b.subscribed(Some("audit"), 1).await;
    a.publish(0..30).await;
    let handling = async {
        clock::sleep(Duration::from_secs(5)).await;
        bodies(&mut queue, 13).await
    };
    let begun = clock::now();
    let (_, handled) = tokio::join!(a.broker.flush(), handling);
    // The subscription accepts one event in flight and sixteen waiting.
    assert_eq!((begun.elapsed().as_secs(), handled.len()), (5, 13));
    a.direct.close();
    drop(a);
    assert_eq!(bodies(&mut queue, 17).await, Vec::from_iter(13..30));
    Broker::new(b.direct.clone()).flush().await;
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_publisher_needs_no_port() {
    let world = World::new();
    let b = world.process("b");
    let mut queue = b.subscribed(Some("audit"), 1).await;
    let short_lived = world.publisher();
    short_lived.publish(order(7)).await.unwrap();
    let error = short_lived.subscribe(Subscription::new("orders.>".parse().unwrap())).await.unwrap_err();
    assert_eq!(error.code(), crate::Code::FailedPrecondition);
    assert!(error.message().contains("once its port is open"), "{error}");
    drop(short_lived);
    assert_eq!(bodies(&mut queue, 1).await, [7]);
}
