//! The promises of the registry room. [`suite!`](macro@crate::testing::suite) makes a test of each.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::time::Duration;

use super::fixture::Server;
use super::promise::{PATIENCE, eventually, kept, soon, unique};
use crate::errors::Code;
use crate::registry::{Change, Following, Node, Registry, Ttl, Watch};
use crate::testing::skip;
use crate::util::clock;

/// The lifetime of entries that are to expire: whole seconds, because some backends count in those.
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(60);

/// A registry that is put through the suite.
///
/// A [`Registry`] is one itself, for backends without a server.
pub trait Fixture: super::Fixture {
    /// Returns a handle, as another process would have it where that is possible. All handles of a fixture lead to one registry,
    /// which may be shared with others: services have names of their own.
    fn registry(&self) -> impl Future<Output = Registry> + Send;
}

impl Fixture for Registry {
    fn registry(&self) -> impl Future<Output = Registry> + Send {
        ready(self.clone())
    }
}

/// A registered node is found under its service, with all it says, and its service is listed; a deregistered one is not.
pub async fn lists_what_is_registered(fixture: &impl Fixture) {
    const PROMISE: &str = "a registered node is listed until it is deregistered";
    let registry = &fixture.registry().await;
    let service = unique("lists");
    let node = Node::new(&service, "10.0.0.7:8080")
        .with_version("1.2.3")
        .with_metadata("zone", "b")
        .with_metadata("empty", "")
        .with_endpoint("/greeter.Greeter/Hello")
        .with_endpoint("/greeter.Greeter/Bye");

    kept(PROMISE, registry.register_once(&node, LONG).await);
    eventually(PROMISE, vec![node.clone()], || nodes(registry, &service)).await;
    eventually(PROMISE, true, || has_service(registry, &service)).await;

    kept(PROMISE, registry.deregister(&node).await);
    eventually(PROMISE, vec![], || nodes(registry, &service)).await;
    eventually(PROMISE, false, || has_service(registry, &service)).await;
}

/// A service nobody registered has no nodes, and that is no error.
pub async fn an_unknown_service_is_empty(fixture: &impl Fixture) {
    const PROMISE: &str = "a service nobody registered has no nodes, and asking is no error";
    let registry = &fixture.registry().await;
    assert_eq!(kept(PROMISE, registry.nodes(&unique("nobody")).await), [], "promise broken: {PROMISE}");
}

/// Deregistering a node that is not listed is fine, once or twice.
pub async fn deregistering_the_unknown_is_fine(fixture: &impl Fixture) {
    const PROMISE: &str = "deregistering a node that is not listed is fine";
    let registry = &fixture.registry().await;
    let node = Node::new(unique("unknown"), "10.0.0.7:8080");
    kept(PROMISE, registry.deregister(&node).await);
    kept(PROMISE, registry.register_once(&node, LONG).await);
    kept(PROMISE, registry.deregister(&node).await);
    kept(PROMISE, registry.deregister(&node).await);
}

/// Nodes of one service, also in different versions, are listed side by side and leave one by one.
pub async fn nodes_and_versions_live_side_by_side(fixture: &impl Fixture) {
    const PROMISE: &str = "nodes of one service, in several versions, are listed side by side";
    let registry = &fixture.registry().await;
    let service = unique("versions");
    let node = |id: &str, version| Node::new(&service, "10.0.0.7:8080").with_id(id).with_version(version);
    let all = [node("a", "1"), node("b", "1"), node("c", "2")];
    for node in &all {
        kept(PROMISE, registry.register_once(node, LONG).await);
    }
    eventually(PROMISE, all.to_vec(), || nodes(registry, &service)).await;
    kept(PROMISE, registry.deregister(&all[1]).await);
    eventually(PROMISE, vec![all[0].clone(), all[2].clone()], || nodes(registry, &service)).await;
    clean(registry, &all).await;
}

/// One id under two services is two nodes.
pub async fn ids_belong_to_their_service(fixture: &impl Fixture) {
    const PROMISE: &str = "the same id under two services is two nodes";
    let registry = &fixture.registry().await;
    let (one, other) = (unique("one"), unique("other"));
    let all = [Node::new(&one, "10.0.0.1:1").with_id("same"), Node::new(&other, "10.0.0.2:2").with_id("same")];
    for node in &all {
        kept(PROMISE, registry.register_once(node, LONG).await);
    }
    kept(PROMISE, registry.deregister(&all[0]).await);
    eventually(PROMISE, vec![], || nodes(registry, &one)).await;
    eventually(PROMISE, vec![all[1].clone()], || nodes(registry, &other)).await;
    clean(registry, &all).await;
}

/// A service whose name begins with the name of another does not answer for it.
pub async fn names_are_whole(fixture: &impl Fixture) {
    const PROMISE: &str = "a service does not answer for one whose name begins with its own";
    let registry = &fixture.registry().await;
    let service = unique("whole");
    let mut all = vec![Node::new(&service, "10.0.0.1:1").with_id("a")];
    for more in ["x", "/x", ".x", "-x", "~x", " ", "%"] {
        all.push(Node::new(format!("{service}{more}"), "10.0.0.2:2").with_id("a"));
    }
    for node in &all {
        kept(PROMISE, registry.register_once(node, LONG).await);
    }
    for node in &all {
        eventually(PROMISE, vec![node.clone()], || nodes(registry, &node.service)).await;
    }
    clean(registry, &all).await;
}

/// Names and descriptions may hold any text.
pub async fn any_text_is_a_name(fixture: &impl Fixture) {
    const PROMISE: &str = "names and descriptions may hold any text";
    let registry = &fixture.registry().await;
    let unique = unique("text");
    let mut all = Vec::new();
    for name in [
        "größe",
        "サービス",
        "a/b/../c",
        "..",
        ".hidden",
        "with space",
        "100%25",
        "UPPER",
        "upper",
        "🦀\t\"'\\",
        "a:b*c?<d>|",
    ] {
        let service = format!("{name}{unique}{name}");
        all.push(Node::new(service, "[::1]:8080").with_id(format!("{name}id")).with_metadata(name, name));
    }
    all.push(Node::new(format!("{unique}{}", "長".repeat(200)), "10.0.0.1:1").with_id("ö".repeat(200)));
    for node in &all {
        kept(PROMISE, registry.register_once(node, LONG).await);
    }
    for node in &all {
        eventually(PROMISE, vec![node.clone()], || nodes(registry, &node.service)).await;
        eventually(PROMISE, true, || has_service(registry, &node.service)).await;
    }
    clean(registry, &all).await;
    for node in &all {
        eventually(PROMISE, vec![], || nodes(registry, &node.service)).await;
    }
}

/// An entry nobody renews disappears after its time, not before, and watches are told.
pub async fn an_entry_expires(fixture: &impl Fixture) {
    const PROMISE: &str = "an entry nobody renews disappears when its time is up, and watches are told";
    let registry = &fixture.registry().await;
    let service = unique("expires");
    let node = Node::new(&service, "10.0.0.7:8080");
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;

    let start = clock::now();
    kept(PROMISE, registry.register_once(&node, SHORT).await);
    assert_eq!(mirror.next().await, Change::Created(node.clone()), "promise broken: {PROMISE}");
    assert_eq!(mirror.next().await, Change::Deleted(node.clone()), "promise broken: {PROMISE}");
    assert!(start.elapsed() >= SHORT.mul_f64(0.9), "promise broken: {PROMISE}: gone after {:?}", start.elapsed());
    eventually(PROMISE, vec![], || nodes(registry, &service)).await;
    eventually(PROMISE, false, || has_service(registry, &service)).await;
}

/// Registering again in time keeps an entry alive without a change being told.
pub async fn renewal_keeps_an_entry_alive(fixture: &impl Fixture) {
    const PROMISE: &str = "an entry renewed in time stays, and renewing it is no change";
    let registry = &fixture.registry().await;
    let service = unique("renewed");
    let node = Node::new(&service, "10.0.0.7:8080");
    kept(PROMISE, registry.register_once(&node, SHORT).await);
    eventually(PROMISE, vec![node.clone()], || nodes(registry, &service)).await;
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;
    for _ in 0..6 {
        clock::sleep(SHORT / 4).await;
        kept(PROMISE, registry.register_once(&node, SHORT).await);
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
    let ttl = Ttl { ttl: SHORT, interval: SHORT / 4 };
    let node = Node::new(&service, "10.0.0.7:8080");
    let kept_alive = kept(PROMISE, registry.register(node.clone(), ttl).await);
    let dropped = kept(PROMISE, registry.register(node.clone().with_id("dropped"), ttl).await);
    let ids = || async { nodes(registry, &service).await.into_iter().map(|node| node.id).collect::<BTreeSet<_>>() };
    let both = BTreeSet::from([node.id.clone(), "dropped".to_owned()]);
    eventually(PROMISE, both.clone(), ids).await;

    let end = clock::after(SHORT * 2);
    while clock::now() < end {
        clock::sleep(SHORT / 8).await;
        assert_eq!(ids().await, both, "promise broken: {PROMISE}");
    }

    let changed = node.clone().with_version("2");
    kept(PROMISE, kept_alive.update(changed.clone()).await);
    drop(dropped);
    eventually(PROMISE, vec![changed], || nodes(registry, &service)).await;
    kept(PROMISE, kept_alive.deregister().await);
    eventually(PROMISE, vec![], || nodes(registry, &service)).await;
}

/// A registration whose entry was removed by somebody else lists it again.
pub async fn a_registration_lists_a_vanished_node_again(fixture: &impl Fixture) {
    const PROMISE: &str = "a registration lists its node again when the entry vanished";
    let registry = &fixture.registry().await;
    let service = unique("vanished");
    let node = Node::new(&service, "10.0.0.7:8080");
    let registration = kept(PROMISE, registry.register(node.clone(), Ttl { ttl: LONG, interval: SHORT / 2 }).await);
    kept(PROMISE, registry.deregister(&node).await);
    eventually(PROMISE, vec![node], || nodes(registry, &service)).await;
    kept(PROMISE, registration.deregister().await);
}

/// A node registered again under its id replaces what was there.
pub async fn the_same_id_is_an_update(fixture: &impl Fixture) {
    const PROMISE: &str = "a node registered again under its id replaces the first";
    let registry = &fixture.registry().await;
    let service = unique("update");
    let node = Node::new(&service, "10.0.0.7:8080").with_metadata("a", "1");
    let other = Node::new(&service, "10.0.0.8:9090").with_id(&node.id).with_version("2");
    kept(PROMISE, registry.register_once(&node, LONG).await);
    kept(PROMISE, registry.register_once(&other, LONG).await);
    eventually(PROMISE, vec![other.clone()], || nodes(registry, &service)).await;
    clean(registry, &[other]).await;
}

/// While a node is updated it is there all the time, in the old description or the new, and watches hear of no end.
pub async fn an_update_is_no_gap(fixture: &impl Fixture) {
    const PROMISE: &str = "a node is there all the time while it is updated";
    const ROUNDS: usize = 100;
    let registry = &fixture.registry().await;
    let service = unique("gapless");
    let version = |n: usize| Node::new(&service, "10.0.0.7:8080").with_id("a").with_version(n.to_string());
    kept(PROMISE, registry.register_once(&version(0), LONG).await);
    eventually(PROMISE, vec![version(0)], || nodes(registry, &service)).await;
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;
    assert_eq!(mirror.next().await, Change::Created(version(0)), "promise broken: {PROMISE}");

    let updating = async {
        for n in 1..=ROUNDS {
            kept(PROMISE, registry.register_once(&version(n), LONG).await);
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

    kept(PROMISE, registry.register_once(&other, LONG).await);
    kept(PROMISE, registry.register_once(&node, LONG).await);
    assert_eq!(mirror.next().await, Change::Created(node.clone()), "promise broken: {PROMISE}");
    kept(PROMISE, registry.register_once(&changed, LONG).await);
    assert_eq!(mirror.next().await, Change::Updated(changed.clone()), "promise broken: {PROMISE}");
    kept(PROMISE, registry.deregister(&other).await);
    kept(PROMISE, registry.deregister(&node).await);
    assert_eq!(mirror.next().await, Change::Deleted(changed.clone()), "promise broken: {PROMISE}");
    kept(PROMISE, registry.register_once(&node, LONG).await);
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
        kept(PROMISE, registry.register_once(node, LONG).await);
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
        kept(PROMISE, registry.register_once(node, LONG).await);
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

/// A watch nobody reads while much happens tells the truth when it is read again.
pub async fn a_slow_watcher_is_caught_up(fixture: &impl Fixture) {
    const PROMISE: &str = "a watcher that fell behind is caught up, with no node lost and no dead one kept";
    let registry = &fixture.registry().await;
    let service = unique("slow");
    let node = |n: usize, version: &str| {
        Node::new(&service, "10.0.0.7:8080").with_id(format!("n{n:03}")).with_version(version)
    };
    let mut mirror = Mirror::open(PROMISE, registry, Some(&service)).await;
    for n in 0..100 {
        kept(PROMISE, registry.register_once(&node(n, "1"), LONG).await);
    }
    for n in 0..100 {
        match n % 4 {
            0 => kept(PROMISE, registry.deregister(&node(n, "1")).await),
            1 => kept(PROMISE, registry.register_once(&node(n, "2"), LONG).await),
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
        kept(PROMISE, registry.register_once(node, LONG).await);
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
    kept(PROMISE, registry.register_once(&node, LONG).await);
    eventually(PROMISE, vec![node.clone()], || nodes(registry, &service)).await;

    let mut following = registry.follow(&service);
    let shared = registry.clone().follow(&service);
    soon(PROMISE, following.ready()).await;
    soon(PROMISE, shared.ready()).await;
    assert_eq!(followed(&following).await, vec![node.clone()], "promise broken: {PROMISE}");
    soon(PROMISE, following.changed()).await;

    let changed = node.clone().with_version("2");
    kept(PROMISE, registry.register_once(&changed, LONG).await);
    soon(PROMISE, following.changed()).await;
    assert_eq!(followed(&following).await, vec![changed.clone()], "promise broken: {PROMISE}");
    kept(PROMISE, registry.deregister(&changed).await);
    soon(PROMISE, following.changed()).await;
    assert_eq!(followed(&following).await, vec![], "promise broken: {PROMISE}");
    eventually(PROMISE, vec![], || followed(&shared)).await;
}

/// A registration and a watch go on by themselves after an outage, during which asking is an error and no wrong answer.
///
/// A registry without a server is never away.
pub async fn what_is_registered_outlives_an_outage(fixture: &impl Fixture) {
    const PROMISE: &str = "registrations and watches go on after an outage, during which asking is an error";
    let registry = &fixture.registry().await;
    let service = unique("outage");
    let ttl = Ttl { ttl: SHORT, interval: SHORT / 4 };
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
    clock::sleep(SHORT + SHORT / 2).await;
    eventually(PROMISE, Ok(vec![node.clone()]), listed).await;
    let changed = node.with_version("2");
    kept(PROMISE, registration.update(changed.clone()).await);
    eventually(PROMISE, vec![changed], || followed(&following)).await;
    kept(PROMISE, registration.deregister().await);
    eventually(PROMISE, vec![], || followed(&following)).await;
}

async fn nodes(registry: &Registry, service: &str) -> Vec<Node> {
    kept("a registry that is up answers who is there", registry.nodes(service).await)
}

async fn has_service(registry: &Registry, service: &str) -> bool {
    let services = kept("a registry that is up lists its services", registry.services().await);
    services.iter().filter(|name| *name == service).count() == 1
}

async fn followed(following: &Following) -> Vec<Node> {
    following.nodes().iter().map(|node| Node::clone(node)).collect()
}

async fn clean(registry: &Registry, nodes: &[Node]) {
    for node in nodes {
        kept("a listed node can be deregistered", registry.deregister(node).await);
    }
}

/// Reads a watch and keeps the list it tells, refusing changes that cannot be: of a node twice created, or never.
struct Mirror {
    promise: &'static str,
    watch: Watch,
    only: Option<BTreeSet<String>>,
    nodes: BTreeMap<(String, String), Node>,
}

impl Mirror {
    async fn open(promise: &'static str, registry: &Registry, service: Option<&str>) -> Self {
        let watch = kept(promise, registry.watch(service).await);
        Mirror { promise, watch, only: None, nodes: BTreeMap::new() }
    }

    async fn next(&mut self) -> Change {
        loop {
            let Some(change) = soon(self.promise, self.watch.next()).await else {
                panic!("promise broken: {}: the watch ended", self.promise);
            };
            let change = kept(self.promise, change);
            self.apply(&change);
            if self.only.as_ref().is_none_or(|only| only.contains(&change.node().service)) {
                return change;
            }
        }
    }

    fn apply(&mut self, change: &Change) {
        let node = change.node();
        let key = (node.service.clone(), node.id.clone());
        let before = match change {
            Change::Created(node) | Change::Updated(node) => self.nodes.insert(key, node.clone()),
            Change::Deleted(_) => self.nodes.remove(&key),
        };
        let possible = match change {
            Change::Created(_) => before.is_none(),
            Change::Updated(node) => before.is_some_and(|before| before != *node),
            Change::Deleted(_) => before.is_some(),
        };
        assert!(possible, "promise broken: {}: {change:?} does not follow from what was told before", self.promise);
    }

    async fn until(&mut self, expected: &[Node]) {
        let deadline = clock::after(PATIENCE);
        while !self.nodes.values().eq(expected) {
            assert!(
                clock::now() < deadline,
                "promise broken: {}: after {PATIENCE:?} the watch told of {} nodes instead of {}",
                self.promise,
                self.nodes.len(),
                expected.len()
            );
            self.next().await;
        }
    }
}
