//! Promises about listing.

use super::super::assertions::{eventually, kept, unique};
use super::check::{LONG_TTL, clean, has_service, nodes};
use super::fixture::Fixture;
use crate::registry::Node;

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

    kept(PROMISE, registry.register_once(&node, LONG_TTL).await);
    eventually(PROMISE, vec![node.clone()], || nodes(registry, &service)).await;
    eventually(PROMISE, true, || has_service(registry, &service)).await;

    kept(PROMISE, registry.deregister(&node).await);
    eventually(PROMISE, vec![], || nodes(registry, &service)).await;
    eventually(PROMISE, false, || has_service(registry, &service)).await;
}

/// A service that was not registered has no nodes, which is not an error.
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
    kept(PROMISE, registry.register_once(&node, LONG_TTL).await);
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
        kept(PROMISE, registry.register_once(node, LONG_TTL).await);
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
        kept(PROMISE, registry.register_once(node, LONG_TTL).await);
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
        kept(PROMISE, registry.register_once(node, LONG_TTL).await);
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
        kept(PROMISE, registry.register_once(node, LONG_TTL).await);
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

/// A node registered again under its id replaces what was there.
pub async fn the_same_id_is_an_update(fixture: &impl Fixture) {
    const PROMISE: &str = "a node registered again under its id replaces the first";
    let registry = &fixture.registry().await;
    let service = unique("update");
    let node = Node::new(&service, "10.0.0.7:8080").with_metadata("a", "1");
    let other = Node::new(&service, "10.0.0.8:9090").with_id(&node.id).with_version("2");
    kept(PROMISE, registry.register_once(&node, LONG_TTL).await);
    kept(PROMISE, registry.register_once(&other, LONG_TTL).await);
    eventually(PROMISE, vec![other.clone()], || nodes(registry, &service)).await;
    clean(registry, &[other]).await;
}
