//! Peers that do not keep to the contract.

use std::time::Duration;

use bytes::Bytes;

use super::world::{Process, World, bodies, nothing, order};
use crate::Code;
use crate::bridge::direct::contract::{
    Addressed, Events, EventsClient, Handover, Happening, PATH, Receipt, Returned, Why,
};
use crate::bridge::direct::listed::Listed;
use crate::broker::Subscription;
use crate::codec::Codec;
use crate::errors::Result;
use crate::registry::{Node, Ttl};
use crate::rpc::{Sender, Streaming};
use crate::server::Server;
use crate::transport::memory::Door;
use crate::util::{clock, random};

/// A publisher of our own making.
async fn link(world: &World) -> (Sender<Handover>, Streaming<Receipt>) {
    let (sender, handovers) = Streaming::channel(16);
    let receipts = EventsClient::listed(&world.client()).deliver(handovers).await.unwrap();
    (sender, receipts)
}

async fn subscription(world: &World) -> u64 {
    let nodes = world.registry.nodes("micro.events").await.unwrap();
    Listed::of(&nodes[0]).next().unwrap().subscription
}

fn parcel(number: u64, subscription: u64) -> Addressed {
    Addressed { number, subscription, attempt: 1, round: 0, event: Happening::bytes(&order(number as usize)) }
}

/// What is said until `taken` have been looked at.
async fn said(receipts: &mut Streaming<Receipt>, taken: u64) -> Receipt {
    let mut all = Receipt::default();
    while all.taken < taken {
        let next = clock::timeout(Duration::from_secs(5), receipts.try_next()).await.unwrap().unwrap().unwrap();
        all.taken = next.taken;
        all.done.extend(next.done);
        all.returned.extend(next.returned);
    }
    all
}

#[tokio::test(start_paused = true)]
async fn what_is_no_event_or_for_nobody_is_returned() {
    let world = World::new();
    let b = world.process("b");
    let mut alone = b.subscribed(None, 10).await;
    let there = subscription(&world).await;
    let (sender, mut receipts) = link(&world).await;
    let mut bad_topic = parcel(3, there);
    let mut happening: Happening = crate::message::Message::decode(&bad_topic.event).unwrap();
    happening.topic = "orders.*".to_owned();
    bad_topic.event = crate::message::Message::encode_to_vec(&happening).into();
    let parcels = vec![
        parcel(1, there),
        parcel(2, 12345),
        bad_topic,
        Addressed { event: Bytes::from_static(b"\xff\xff\xff"), ..parcel(4, there) },
        Addressed { event: Bytes::new(), ..parcel(5, there) },
        Addressed { attempt: 0, ..parcel(u64::MAX, there) },
    ];
    sender.send(Handover { publisher: 7, parcels }).await;
    let returned = |number, why| Returned { number, attempt: 1, why };
    let said = said(&mut receipts, 6).await;
    let expected =
        [returned(2, Why::Elsewhere), returned(3, Why::Refused), returned(4, Why::Refused), returned(5, Why::Refused)];
    assert_eq!(said.returned, expected);
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
        let (sender, mut receipts) = link(&world).await;
        for publisher in said {
            sender.send(Handover { publisher, parcels: Vec::new() }).await;
        }
        sender.send(Handover { publisher: 9, parcels: vec![parcel(1, there)] }).await;
        let error = receipts.try_next().await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
    nothing(&mut alone).await;
    assert_eq!(b.direct.0.desk.publishers(), 0);
}

#[tokio::test(start_paused = true)]
async fn garbage_ends_its_stream_and_nothing_else() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut alone = b.subscribed(None, 10).await;
    a.publish(0..1).await;
    let client = world.client().untyped("micro.events");
    for round in 0..200_u64 {
        let garbage: Vec<Bytes> = (0..=round % 3)
            .map(|_| (0..random::below(200)).map(|_| random::u64() as u8).collect::<Vec<u8>>().into())
            .collect();
        let mut receipts = client.streams(PATH, Codec::PROTO, Streaming::iter(garbage)).await.unwrap();
        while let Ok(Some(_)) = receipts.try_next().await {}
    }
    a.publish(1..2).await;
    assert_eq!(bodies(&mut alone, 2).await, [0, 1]);
    clock::sleep(Duration::from_millis(1)).await;
    assert_eq!(b.direct.0.desk.publishers(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_bounded_and_the_honest_are_heard_after_it() {
    let world = World::new();
    let (a, b) = (world.process("a"), world.process("b"));
    let mut alone = b.subscribed(None, 10).await;
    let there = subscription(&world).await;
    let (sender, mut receipts) = link(&world).await;
    let flooding = async {
        for part in 0..120 {
            let parcels = (0..100).map(|number| parcel(part * 100 + number, there)).collect();
            sender.send(Handover { publisher: 7, parcels }).await;
        }
    };
    let (said, ()) = tokio::join!(said(&mut receipts, 12_000), flooding);
    assert_eq!(said.returned.iter().filter(|returned| returned.why == Why::Full).count(), 2_000);
    assert_eq!(b.direct.0.desk.waiting(), 10_000);
    a.publish(0..50).await;
    // Nobody tells who is honest: what was taken is delivered.
    assert_eq!(bodies(&mut alone, 10_000).await.len(), 10_000);
    assert_eq!(bodies(&mut alone, 50).await, Vec::from_iter(0..50));
}

/// A process whose subscriber says whatever it likes.
struct Liar(fn(&Handover) -> Vec<Receipt>);

#[micro::handler(manual)]
impl Events for Liar {
    async fn deliver(&self, handovers: Streaming<Handover>) -> Result<Streaming<Receipt>> {
        use futures_util::StreamExt;
        let lies = self.0;
        Ok(Streaming::new(handovers.flat_map(move |handover| {
            let lies = handover.map(|handover| lies(&handover)).unwrap_or_default();
            futures_util::stream::iter(lies.into_iter().map(Ok))
        })))
    }
}

async fn lying(world: &World, subscription: u64, lies: fn(&Handover) -> Vec<Receipt>) -> (Door, impl Sized) {
    let mut server = Server::new().with_node("liar");
    server.add_unlisted(crate::bridge::direct::contract::EventsServer::new(Liar(lies)));
    let door = world.serve(server);
    let asked = Subscription::new("orders.>".parse().unwrap()).with_queue("audit");
    let node = Node::new("micro.events", format!("127.0.0.1:{}", door.port())).with_id("liar").with_endpoint(PATH);
    let node = Listed::new(subscription, &asked).on(node.with_metadata("node", "liar"));
    let listed = world.registry.register(node, Ttl::default()).await.unwrap();
    (door, listed)
}

async fn survives(lies: fn(&Handover) -> Vec<Receipt>) -> Process {
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
    // Nothing at all; what nobody asked about; what was never sent; everything at once; the same again and again.
    survives(|_| Vec::new()).await;
    survives(|_| vec![Receipt { taken: u64::MAX, done: vec![0, 1, u64::MAX], returned: Vec::new() }]).await;
    survives(|handover| {
        let numbers: Vec<u64> = handover.parcels.iter().map(|parcel| parcel.number).collect();
        let again = |why| numbers.iter().map(move |number| Returned { number: *number, attempt: u32::MAX, why });
        let returned = again(Why::Again).chain(again(Why::Again)).chain(again(Why::Unknown(77)));
        let returned = returned.chain(again(Why::Full)).chain(again(Why::Refused)).collect();
        vec![Receipt { taken: 1, done: numbers.clone(), returned }; 3]
    })
    .await;
    survives(|handover| {
        let returned =
            handover.parcels.iter().map(|parcel| Returned { number: parcel.number, attempt: 0, why: Why::Full });
        vec![Receipt { taken: 0, done: Vec::new(), returned: returned.collect() }]
    })
    .await;
    survives(|handover| {
        let returned = handover.parcels.iter();
        let returned = returned.map(|parcel| Returned { number: parcel.number, attempt: 9, why: Why::Elsewhere });
        vec![Receipt { taken: handover.parcels.len() as u64, done: Vec::new(), returned: returned.collect() }]
    })
    .await;
}
