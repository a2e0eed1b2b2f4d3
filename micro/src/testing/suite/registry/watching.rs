//! Watches and followings tell what changes.

use std::collections::BTreeSet;

use super::super::assertions::{eventually, kept, soon, unique};
use super::check::{LONG_TTL, Mirror, clean, followed, nodes};
use super::fixture::Fixture;
use crate::registry::{Change, Node};

/// While a node is updated it is there all the time, in the old description or the new, and watches hear of no end.
pub async fn an_update_is_no_gap(fixture: &impl Fixture) {
    const PROMISE: &str = "a node is there all the time while it is updated";
    const ROUNDS: usize = 100;
    let registry = &fixture.registry().await;
    let service = unique("gapless");
    let version = |n: usize| Node::new(&service, "10.0.0.7:8080").with_id("a").with_version(n.to_string());
    kept(PROMISE, registry.register_once(&version(0), LONG_TTL).await);
    eventually(PROMISE, vec![version(0)], || nodes(registry, &service)).await;
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;
    assert_eq!(mirror.next().await, Change::Created(version(0)), "promise broken: {PROMISE}");

    let updating = async {
        for n in 1..=ROUNDS {
            kept(PROMISE, registry.register_once(&version(n), LONG_TTL).await);
        }
    };
    let reading = async {
        for _ in 0..ROUNDS {
            assert_eq!(nodes(registry, &service).await.len(), 1, "promise broken: {PROMISE}");
        }
    };
    let watching = async {
        loop {
            match mirror.next().await {
                Change::Updated(node) if node == version(ROUNDS) => return,
                Change::Updated(_) => {}
                change => panic!("promise broken: {PROMISE}: {change:?}"),
            }
        }
    };
    tokio::join!(updating, reading, watching);
    clean(registry, &[version(ROUNDS)]).await;
}

/// A watch of one service tells its nodes' coming, changing and going, and nothing of other services.
pub async fn a_watch_tells_one_service(fixture: &impl Fixture) {
    const PROMISE: &str = "a watch of one service tells what is created, updated and deleted there, and nothing else";
    let registry = &fixture.registry().await;
    let service = unique("watched");
    let other = Node::new(unique("unwatched"), "10.0.0.1:1");
    let node = Node::new(&service, "10.0.0.7:8080");
    let changed = node.clone().with_version("2");
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;

    kept(PROMISE, registry.register_once(&other, LONG_TTL).await);
    kept(PROMISE, registry.register_once(&node, LONG_TTL).await);
    assert_eq!(mirror.next().await, Change::Created(node.clone()), "promise broken: {PROMISE}");
    kept(PROMISE, registry.register_once(&changed, LONG_TTL).await);
    assert_eq!(mirror.next().await, Change::Updated(changed.clone()), "promise broken: {PROMISE}");
    kept(PROMISE, registry.deregister(&other).await);
    kept(PROMISE, registry.deregister(&node).await);
    assert_eq!(mirror.next().await, Change::Deleted(changed.clone()), "promise broken: {PROMISE}");
    kept(PROMISE, registry.register_once(&node, LONG_TTL).await);
    assert_eq!(mirror.next().await, Change::Created(node.clone()), "promise broken: {PROMISE}");
    clean(registry, &[node]).await;
}

/// A watch without a service tells the changes of all.
pub async fn a_watch_tells_all_services(fixture: &impl Fixture) {
    const PROMISE: &str = "a watch without a service tells the changes of all services";
    let registry = &fixture.registry().await;
    let (one, other) = (Node::new(unique("all"), "10.0.0.1:1"), Node::new(unique("all"), "10.0.0.2:2"));
    let mut mirror = Mirror::open(PROMISE, registry, None).await;
    mirror.only = Some(BTreeSet::from([one.service.clone(), other.service.clone()]));
    for node in [&one, &other] {
        kept(PROMISE, registry.register_once(node, LONG_TTL).await);
        assert_eq!(mirror.next().await, Change::Created(node.clone()), "promise broken: {PROMISE}");
    }
    for node in [&other, &one] {
        kept(PROMISE, registry.deregister(node).await);
        assert_eq!(mirror.next().await, Change::Deleted(node.clone()), "promise broken: {PROMISE}");
    }
}

/// A watch begins with what is there, before anything else, and without waiting.
pub async fn a_watch_begins_with_what_is_there(fixture: &impl Fixture) {
    const PROMISE: &str = "a watch begins with what is there, ready at once";
    let registry = &fixture.registry().await;
    let service = unique("snapshot");
    let all: Vec<Node> =
        (0..5).map(|n| Node::new(&service, format!("10.0.0.{n}:80")).with_id(format!("n{n}"))).collect();
    for node in &all {
        kept(PROMISE, registry.register_once(node, LONG_TTL).await);
    }
    eventually(PROMISE, all.clone(), || nodes(registry, &service)).await;
    for watched in [Some(service.as_str()), None] {
        let mut watch = kept(PROMISE, registry.watch(watched).await);
        let mut told = Vec::new();
        while let Some(change) = watch.try_next() {
            match kept(PROMISE, change) {
                Change::Created(node) if node.service == service => told.push(node),
                Change::Created(_) => {}
                change => panic!("promise broken: {PROMISE}: {change:?} before anything was created"),
            }
        }
        told.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(told, all, "promise broken: {PROMISE}");
    }
    clean(registry, &all).await;
}

/// A watch that is not read during many changes is correct when it is read again.
pub async fn a_slow_watcher_is_caught_up(fixture: &impl Fixture) {
    const PROMISE: &str = "a watcher that fell behind is caught up, with no node lost and no dead one kept";
    let registry = &fixture.registry().await;
    let service = unique("slow");
    let node = |n: usize, version: &str| {
        Node::new(&service, "10.0.0.7:8080").with_id(format!("n{n:03}")).with_version(version)
    };
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;
    for n in 0..100 {
        kept(PROMISE, registry.register_once(&node(n, "1"), LONG_TTL).await);
    }
    for n in 0..100 {
        match n % 4 {
            0 => kept(PROMISE, registry.deregister(&node(n, "1")).await),
            1 => kept(PROMISE, registry.register_once(&node(n, "2"), LONG_TTL).await),
            _ => {}
        }
    }
    let left: Vec<Node> =
        (0..100).filter(|n| n % 4 != 0).map(|n| node(n, if n % 4 == 1 { "2" } else { "1" })).collect();
    eventually(PROMISE, left.clone(), || nodes(registry, &service)).await;
    mirror.until(&left).await;
    clean(registry, &left).await;
    mirror.until(&[]).await;
}

/// Two hundred nodes of one service are listed, watched and followed like one.
pub async fn many_nodes(fixture: &impl Fixture) {
    const PROMISE: &str = "two hundred nodes of one service are listed, watched and followed like one";
    let registry = &fixture.registry().await;
    let service = unique("many");
    let following = registry.follow(&service);
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;
    let all: Vec<Node> =
        (0..200).map(|n| Node::new(&service, format!("10.0.0.1:{n}")).with_id(format!("n{n:03}"))).collect();
    for node in &all {
        kept(PROMISE, registry.register_once(node, LONG_TTL).await);
    }
    eventually(PROMISE, all.clone(), || nodes(registry, &service)).await;
    mirror.until(&all).await;
    eventually(PROMISE, all.clone(), || followed(&following)).await;
    clean(registry, &all).await;
    mirror.until(&[]).await;
    eventually(PROMISE, vec![], || followed(&following)).await;
}

/// A following is ready with what is there, and tells when that changes.
pub async fn a_following_sees_changes(fixture: &impl Fixture) {
    const PROMISE: &str = "a following shows what is there and wakes when it changes";
    let registry = &fixture.registry().await;
    let service = unique("followed");
    let node = Node::new(&service, "10.0.0.7:8080");
    kept(PROMISE, registry.register_once(&node, LONG_TTL).await);
    eventually(PROMISE, vec![node.clone()], || nodes(registry, &service)).await;

    let mut following = registry.follow(&service);
    let shared = registry.clone().follow(&service);
    soon(PROMISE, following.ready()).await;
    soon(PROMISE, shared.ready()).await;
    assert_eq!(followed(&following).await, vec![node.clone()], "promise broken: {PROMISE}");
    soon(PROMISE, following.changed()).await;

    let changed = node.clone().with_version("2");
    kept(PROMISE, registry.register_once(&changed, LONG_TTL).await);
    soon(PROMISE, following.changed()).await;
    assert_eq!(followed(&following).await, vec![changed.clone()], "promise broken: {PROMISE}");
    kept(PROMISE, registry.deregister(&changed).await);
    soon(PROMISE, following.changed()).await;
    assert_eq!(followed(&following).await, vec![], "promise broken: {PROMISE}");
    eventually(PROMISE, vec![], || followed(&shared)).await;
}
