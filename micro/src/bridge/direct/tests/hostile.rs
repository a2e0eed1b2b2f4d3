//! Peers that violate the contract.

use std::time::Duration;

use bytes::Bytes;

use super::world::{Process, World, bodies, nothing, order};
use crate::Code;
use crate::bridge::direct::advertisement::Advertisement;
use crate::bridge::direct::contract::{
    self, AckBatch, BatchEntry, Deliver, EventBatch, EventRecord, Nack, NackReason, PATH, ReceiverMethod,
};
use crate::broker::Subscription;
use crate::codec::Codec;
use crate::errors::Result;
use crate::registry::{LeaseOptions, Node};
use crate::rpc::{Sender, Streaming};
use crate::server::Server;
use crate::transport::memory::MemoryListener;
use crate::util::{clock, random};

/// Opens a connection of a hand-written publisher.
async fn link(world: &World) -> (Sender<EventBatch>, Streaming<AckBatch>) {
    let (sender, batches) = Streaming::channel(16);
    let acks = contract::client(&world.client()).call::<Deliver>(batches).await.unwrap();
    (sender, acks)
}

async fn subscription(world: &World) -> u64 {
    let nodes = world.registry.nodes("micro.events").await.unwrap();
    Advertisement::of(&nodes[0]).next().unwrap().subscription
}

fn entry(number: u64, subscription: u64) -> BatchEntry {
    BatchEntry { number, subscription, attempt: 1, epoch: 0, event: EventRecord::encode(&order(number as usize)) }
}

/// Collects the responses until `taken` events have been processed.
async fn said(acks: &mut Streaming<AckBatch>, taken: u64) -> AckBatch {
    let mut all = AckBatch::default();
    while all.received < taken {
        let next = clock::timeout(Duration::from_secs(5), acks.try_next()).await.unwrap().unwrap().unwrap();
        all.received = next.received;
        all.acks.extend(next.acks);
        all.nacks.extend(next.nacks);
    }
    all
}

#[tokio::test(start_paused = true)]
async fn what_is_no_event_or_for_nobody_is_returned() {
    let world = World::new();
    let b = world.process("b");
    let mut alone = b.subscribed(None, 10).await;
    let there = subscription(&world).await;
    let (sender, mut acks) = link(&world).await;
    let mut bad_topic = entry(3, there);
    let mut happening: EventRecord = crate::message::Message::decode(&bad_topic.event).unwrap();
    happening.topic = "orders.*".to_owned();
    bad_topic.event = crate::message::Message::encode_to_vec(&happening).into();
    let entries = vec![
        entry(1, there),
        entry(2, 12345),
        bad_topic,
        BatchEntry { event: Bytes::from_static(b"\xff\xff\xff"), ..entry(4, there) },
        BatchEntry { event: Bytes::new(), ..entry(5, there) },
        BatchEntry { attempt: 0, ..entry(u64::MAX, there) },
    ];
    sender.send(EventBatch { publisher: 7, entries }).await;
    let returned = |number, why| Nack { number, attempt: 1, reason: why };
    let said = said(&mut acks, 6).await;
    let expected = [
        returned(2, NackReason::Reroute),
        returned(3, NackReason::Refused),
        returned(4, NackReason::Refused),
        returned(5, NackReason::Refused),
    ];
    assert_eq!(said.nacks, expected);
    assert_eq!(bodies(&mut alone, 1).await, [1]);
    let last = super::world::next(&mut alone).await;
    assert_eq!(last.attempt, 1);
    last.ack().await.unwrap();
    nothing(&mut alone).await;
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_does_not_say_who_it_is_is_not_heard() {
    let world = World::new();
    let b = world.process("b");
    let mut alone = b.subscribed(None, 10).await;
    let there = subscription(&world).await;
    for said in [vec![0], vec![7, 8]] {
        let (sender, mut acks) = link(&world).await;
        for publisher in said {
            sender.send(EventBatch { publisher, entries: Vec::new() }).await;
        }
        sender.send(EventBatch { publisher: 9, entries: vec![entry(1, there)] }).await;
        let error = acks.try_next().await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
    nothing(&mut alone).await;
    assert_eq!(b.direct.0.driver.publishers(), 0);
}

#[tokio::test(start_paused = true)]
async fn garbage_ends_its_stream_and_nothing_else() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut alone = b.subscribed(None, 10).await;
    a.publish(0..1).await;
    let client = world.client().dynamic("micro.events");
    for round in 0..200_u64 {
        let garbage: Vec<Bytes> = (0..=round % 3)
            .map(|_| (0..random::below(200)).map(|_| random::u64() as u8).collect::<Vec<u8>>().into())
            .collect();
        let mut acks = client.streams(PATH, Codec::PROTO, Streaming::iter(garbage)).await.unwrap();
        while let Ok(Some(_)) = acks.try_next().await {}
    }
    a.publish(1..2).await;
    assert_eq!(bodies(&mut alone, 2).await, [0, 1]);
    clock::sleep(Duration::from_millis(1)).await;
    assert_eq!(b.direct.0.driver.publishers(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_bounded_and_the_honest_are_heard_after_it() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut alone = b.subscribed(None, 10).await;
    let there = subscription(&world).await;
    let (sender, mut acks) = link(&world).await;
    let flooding = async {
        for part in 0..120 {
            let entries = (0..100).map(|number| entry(part * 100 + number, there)).collect();
            sender.send(EventBatch { publisher: 7, entries }).await;
        }
    };
    let (said, ()) = tokio::join!(said(&mut acks, 12_000), flooding);
    assert_eq!(said.nacks.iter().filter(|returned| returned.reason == NackReason::Full).count(), 2_000);
    assert_eq!(b.direct.0.driver.waiting(), 10_000);
    a.publish(0..50).await;
    // Honest and hostile publishers cannot be told apart: accepted events are delivered.
    assert_eq!(bodies(&mut alone, 10_000).await.len(), 10_000);
    assert_eq!(bodies(&mut alone, 50).await, Vec::from_iter(0..50));
}

/// A process whose subscriber says whatever it likes.
struct Liar(fn(&EventBatch) -> Vec<AckBatch>);

impl ReceiverMethod for Liar {
    fn deliver(&self, batches: Streaming<EventBatch>) -> Result<Streaming<AckBatch>> {
        use futures_util::StreamExt;
        let lies = self.0;
        Ok(Streaming::new(batches.flat_map(move |batch| {
            let lies = batch.map(|batch| lies(&batch)).unwrap_or_default();
            futures_util::stream::iter(lies.into_iter().map(Ok))
        })))
    }
}

async fn lying(
    world: &World,
    subscription: u64,
    lies: fn(&EventBatch) -> Vec<AckBatch>,
) -> (MemoryListener, impl Sized) {
    let mut server = Server::new().with_node("liar");
    server.add_unlisted(contract::service(Liar(lies)));
    let listener = world.serve(server);
    let asked = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
    let node = Node::new("micro.events", format!("127.0.0.1:{}", listener.port())).with_id("liar").with_endpoint(PATH);
    let node = Advertisement::new(subscription, &asked).on(node.with_metadata("node", "liar"));
    let listed = world.registry.register(node, LeaseOptions::default()).await.unwrap();
    (listener, listed)
}

async fn survives(lies: fn(&EventBatch) -> Vec<AckBatch>) -> Process {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let _liar = lying(&world, 4711, lies).await;
    let mut other = a.subscribed_to("orders.>", Some("other"), 64).await;
    for part in 0..20 {
        a.publish(part * 10..(part + 1) * 10).await;
        assert_eq!(bodies(&mut other, 10).await, Vec::from_iter(part * 10..(part + 1) * 10));
    }
    drop(b);
    a
}

#[tokio::test(start_paused = true)]
async fn whatever_a_subscriber_answers_others_get_theirs() {
    // Responses of a hostile peer: nothing; unknown events; events never sent; all at once; repeated outcomes.
    survives(|_| Vec::new()).await;
    survives(|_| vec![AckBatch { received: u64::MAX, acks: vec![0, 1, u64::MAX], nacks: Vec::new() }]).await;
    survives(|batch| {
        let numbers: Vec<u64> = batch.entries.iter().map(|entry| entry.number).collect();
        let again = |why| numbers.iter().map(move |number| Nack { number: *number, attempt: u32::MAX, reason: why });
        let returned =
            again(NackReason::Delayed).chain(again(NackReason::Delayed)).chain(again(NackReason::Unknown(77)));
        let returned = returned.chain(again(NackReason::Full)).chain(again(NackReason::Refused)).collect();
        vec![AckBatch { received: 1, acks: numbers.clone(), nacks: returned }; 3]
    })
    .await;
    survives(|batch| {
        let returned =
            batch.entries.iter().map(|entry| Nack { number: entry.number, attempt: 0, reason: NackReason::Full });
        vec![AckBatch { received: 0, acks: Vec::new(), nacks: returned.collect() }]
    })
    .await;
    survives(|batch| {
        let returned = batch.entries.iter();
        let returned = returned.map(|entry| Nack { number: entry.number, attempt: 9, reason: NackReason::Reroute });
        vec![AckBatch { received: batch.entries.len() as u64, acks: Vec::new(), nacks: returned.collect() }]
    })
    .await;
}
