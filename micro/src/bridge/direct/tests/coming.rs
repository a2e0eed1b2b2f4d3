//! Subscriptions, links and nodes that join and leave.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;

use super::world::{World, bodies, body, next, nothing, order};
use crate::bridge::direct::advertisement::Advertisement;
use crate::broker::Subscription;
use crate::registry::Node;
use crate::util::{clock, spawn};

#[tokio::test(start_paused = true)]
async fn the_first_event_reaches_whom_the_registry_lists() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut all = b.subscribed(None, 1).await;
    let begun = clock::now();
    a.publish(0..1).await;
    assert_eq!(bodies(&mut all, 1).await, [0]);
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_nothing_to_wait_for() {
    let world = World::new();
    let a = world.process("a");
    let begun = clock::now();
    a.publish(0..10_000).await;
    a.broker.flush().await;
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_queue_loses_nothing_and_doubles_nothing_while_members_come_and_go() {
    let world = World::new();
    let a = world.process("a");
    let others = [world.process("b"), world.process("c"), world.process("d")];
    let stays = a.subscribed(Some("audit"), 3).await;
    let (told, mut handled) = tokio::sync::mpsc::unbounded_channel();
    let handle = move |deliveries: crate::broker::Deliveries, count: usize| {
        let told = told.clone();
        async move {
            let mut deliveries = deliveries;
            for _ in 0..count {
                let Some(Ok(delivery)) = deliveries.next().await else { return };
                clock::sleep(Duration::from_millis(1)).await;
                told.send(body(&delivery)).unwrap();
                delivery.ack().await.unwrap();
            }
        }
    };
    let staying = spawn::spawn(handle(stays, usize::MAX));
    let coming = async {
        for round in 0..60 {
            let process = &others[round % 3];
            let deliveries = process.subscribed(Some("audit"), 1 + round % 5).await;
            handle(deliveries, 7).await;
        }
    };
    let publishing = async {
        for part in 0..100 {
            a.publish(part * 20..(part + 1) * 20).await;
            clock::sleep(Duration::from_millis(3)).await;
        }
    };
    tokio::join!(publishing, async {
        drop(clock::timeout(Duration::from_secs(5), coming).await);
    });
    a.broker.flush().await;
    drop(staying);
    let mut seen = Vec::new();
    while let Ok(body) = handled.try_recv() {
        seen.push(body);
    }
    seen.sort_unstable();
    assert_eq!(seen, Vec::from_iter(0..2_000));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_listed_and_cannot_be_reached_holds_up_nobody() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    for (id, address) in [("refused", "127.0.0.1:9"), ("silent", super::world::SILENT)] {
        let asked = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
        let node = Advertisement::new(id.len() as u64, &asked).on(Node::new("micro.events", address).with_id(id));
        let node = node.with_metadata("node", id).with_endpoint("/micro.events.v1.Events/Deliver");
        world.registry.register_once(&node, Duration::from_secs(3600)).await.unwrap();
    }
    let mut queue = b.subscribed(Some("audit"), 10).await;
    let mut alone = b.subscribed(None, 10).await;
    let begun = clock::now();
    for event in 0..100 {
        a.publish(event..event + 1).await;
        assert_eq!(bodies(&mut queue, 1).await, [event]);
        assert_eq!(bodies(&mut alone, 1).await, [event]);
    }
    assert!(begun.elapsed() < Duration::from_millis(10), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_link_that_nobody_uses_is_closed_and_opens_again() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut alone = b.subscribed(None, 10).await;
    a.publish(0..1).await;
    let held = next(&mut alone).await;
    assert_eq!(b.direct.0.driver.publishers(), 1);
    clock::sleep(Duration::from_secs(3600)).await;
    assert_eq!(b.direct.0.driver.publishers(), 1, "an event is under way");
    held.ack().await.unwrap();
    clock::sleep(Duration::from_secs(300)).await;
    assert_eq!(b.direct.0.driver.publishers(), 0);
    a.publish(1..3).await;
    assert_eq!(bodies(&mut alone, 2).await, [1, 2]);
    nothing(&mut alone).await;
}

#[tokio::test(start_paused = true)]
async fn every_pattern_of_a_process_gets_its_own() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut one = b.subscribed_to("orders.placed", Some("audit"), 10).await;
    let mut any = b.subscribed_to("orders.*", Some("audit"), 10).await;
    let mut other = b.subscribed_to("shipments.>", Some("audit"), 10).await;
    a.publish(0..3).await;
    for deliveries in [&mut one, &mut any] {
        assert_eq!(bodies(deliveries, 3).await, [0, 1, 2]);
    }
    nothing(&mut other).await;
    let node = &world.registry.nodes("micro.events").await.unwrap()[0];
    let listed: BTreeSet<String> = Advertisement::of(node).map(|listed| listed.topics.to_string()).collect();
    assert_eq!(listed.into_iter().collect::<Vec<_>>(), ["orders.*", "orders.placed", "shipments.>"]);
    drop((one, any, other));
    clock::sleep(Duration::from_millis(10)).await;
    assert!(world.registry.nodes("micro.events").await.unwrap().is_empty());
    a.broker.publish(order(1)).await.unwrap();
}
