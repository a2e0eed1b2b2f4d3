//! Promises about the lifetime of entries.

use std::collections::BTreeSet;

use super::super::assertions::{eventually, kept, unique};
use super::super::fixture::Server;
use super::check::{LONG_TTL, Mirror, SHORT_TTL, followed, has_service, nodes};
use super::fixture::Fixture;
use crate::errors::Code;
use crate::registry::{Change, LeaseOptions, Node};
use crate::testing::skip;
use crate::util::clock;

/// An entry that is not renewed disappears after its time, not before, and watches are told.
pub async fn an_entry_expires(fixture: &impl Fixture) {
    const PROMISE: &str = "an entry nobody renews disappears when its time is up, and watches are told";
    let registry = &fixture.registry().await;
    let service = unique("expires");
    let node = Node::new(&service, "10.0.0.7:8080");
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;

    let start = clock::now();
    kept(PROMISE, registry.register_once(&node, SHORT_TTL).await);
    assert_eq!(mirror.next().await, Change::Created(node.clone()), "promise broken: {PROMISE}");
    assert_eq!(mirror.next().await, Change::Deleted(node.clone()), "promise broken: {PROMISE}");
    assert!(start.elapsed() >= SHORT_TTL.mul_f64(0.9), "promise broken: {PROMISE}: gone after {:?}", start.elapsed());
    eventually(PROMISE, vec![], || nodes(registry, &service)).await;
    eventually(PROMISE, false, || has_service(registry, &service)).await;
}

/// Registering again in time keeps an entry alive without a change being told.
pub async fn renewal_keeps_an_entry_alive(fixture: &impl Fixture) {
    const PROMISE: &str = "an entry renewed in time stays, and renewing it is no change";
    let registry = &fixture.registry().await;
    let service = unique("renewed");
    let node = Node::new(&service, "10.0.0.7:8080");
    kept(PROMISE, registry.register_once(&node, SHORT_TTL).await);
    eventually(PROMISE, vec![node.clone()], || nodes(registry, &service)).await;
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;
    for _ in 0..6 {
        clock::sleep(SHORT_TTL / 4).await;
        kept(PROMISE, registry.register_once(&node, SHORT_TTL).await);
    }
    assert_eq!(nodes(registry, &service).await, vec![node.clone()], "promise broken: {PROMISE}");
    assert_eq!(mirror.next().await, Change::Created(node.clone()), "promise broken: {PROMISE}");
    kept(PROMISE, registry.deregister(&node).await);
    assert_eq!(mirror.next().await, Change::Deleted(node), "promise broken: {PROMISE}");
}

/// A registration keeps its node alive past its time, updates it, and takes it off the list when asked or dropped.
pub async fn a_registration_keeps_its_node_listed(fixture: &impl Fixture) {
    const PROMISE: &str = "a registration keeps its node listed until it is deregistered or dropped";
    let registry = &fixture.registry().await;
    let service = unique("registration");
    let ttl = LeaseOptions { ttl: SHORT_TTL, interval: SHORT_TTL / 4 };
    let node = Node::new(&service, "10.0.0.7:8080");
    let kept_alive = kept(PROMISE, registry.register(node.clone(), ttl).await);
    let dropped = kept(PROMISE, registry.register(node.clone().with_id("dropped"), ttl).await);
    let ids = || async { nodes(registry, &service).await.into_iter().map(|node| node.id).collect::<BTreeSet<_>>() };
    let both = BTreeSet::from([node.id.clone(), "dropped".to_owned()]);
    eventually(PROMISE, both.clone(), ids).await;

    let end = clock::after(SHORT_TTL * 2);
    while clock::now() < end {
        clock::sleep(SHORT_TTL / 8).await;
        assert_eq!(ids().await, both, "promise broken: {PROMISE}");
    }

    let changed = node.clone().with_version("2");
    kept(PROMISE, kept_alive.update(changed.clone()).await);
    drop(dropped);
    eventually(PROMISE, vec![changed], || nodes(registry, &service)).await;
    kept(PROMISE, kept_alive.deregister().await);
    eventually(PROMISE, vec![], || nodes(registry, &service)).await;
}

/// A registration whose entry was removed by another process lists it again.
pub async fn a_registration_lists_a_vanished_node_again(fixture: &impl Fixture) {
    const PROMISE: &str = "a registration lists its node again when the entry vanished";
    let registry = &fixture.registry().await;
    let service = unique("vanished");
    let node = Node::new(&service, "10.0.0.7:8080");
    let registration =
        kept(PROMISE, registry.register(node.clone(), LeaseOptions { ttl: LONG_TTL, interval: SHORT_TTL / 2 }).await);
    kept(PROMISE, registry.deregister(&node).await);
    eventually(PROMISE, vec![node], || nodes(registry, &service)).await;
    kept(PROMISE, registration.deregister().await);
}

/// A registration and a watch go on by themselves after an outage, during which asking is an error and no wrong answer.
///
/// A registry without a server is never away.
pub async fn what_is_registered_outlives_an_outage(fixture: &impl Fixture) {
    const PROMISE: &str = "registrations and watches go on after an outage, during which asking is an error";
    let registry = &fixture.registry().await;
    let service = unique("outage");
    let ttl = LeaseOptions { ttl: SHORT_TTL, interval: SHORT_TTL / 4 };
    let node = Node::new(&service, "10.0.0.7:8080");
    let registration = kept(PROMISE, registry.register(node.clone(), ttl).await);
    let listed = || async { registry.nodes(&service).await.map_err(|error| error.code()) };
    eventually(PROMISE, Ok(vec![node.clone()]), listed).await;
    match fixture.server() {
        Server::None => return kept(PROMISE, registration.deregister().await),
        Server::Fixed => return skip(&format!("{PROMISE}: the fixture cannot take the server down")),
        Server::Controlled => {}
    }
    let following = registry.follow(&service);
    eventually(PROMISE, vec![node.clone()], || followed(&following)).await;
    fixture.down().await;
    eventually(PROMISE, Err(Code::Unavailable), listed).await;
    fixture.up().await;
    // Longer than entries live without renewal.
    clock::sleep(SHORT_TTL + SHORT_TTL / 2).await;
    eventually(PROMISE, Ok(vec![node.clone()]), listed).await;
    let changed = node.with_version("2");
    kept(PROMISE, registration.update(changed.clone()).await);
    eventually(PROMISE, vec![changed], || followed(&following)).await;
    kept(PROMISE, registration.deregister().await);
    eventually(PROMISE, vec![], || followed(&following)).await;
}
