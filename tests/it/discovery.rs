//! Finding nodes, and what is said when there are none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use micro::client::CallOptions;
use micro::prelude::*;
use micro::registry::{Backend, LeaseOptions, Memory, Node, Registry, Watch};
use micro::selector::Filter;

use crate::contract::{Mirror, Text, calling, serving};

#[tokio::test]
async fn not_finding_a_service_says_what_was_looked_for_and_where() {
    let registry = Registry::memory();
    let echo = calling(&registry).await;
    let error = echo.say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(error.message(), "no node of `echo`: registry `memory` lists none; is it running?");

    let app = serving(&registry, Mirror::default()).await;
    let options = CallOptions::new().with_filter(Filter::default().with_version("2").with_label("zone", "b"));
    let error = echo.with(options).say(Text::new("a")).await.unwrap_err();
    assert_eq!(
        error.message(),
        "no node of `echo` to call: registry `memory` lists 1, and none matches the filter version `2`, label `zone=b`, \
         method `/it.Echo/Say`"
    );
    let error = echo.named("reverb").say(Text::new("a")).await.unwrap_err();
    assert!(error.message().starts_with("no node of `reverb`: registry `memory` lists none"), "{error}");
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_call_can_wait_for_the_first_node() {
    let registry = Registry::memory();
    let echo = calling(&registry).await.with(CallOptions::new().with_wait_for_ready(Duration::from_secs(10)));
    let call = tokio::spawn(async move { echo.say(Text::new("a")).await });
    tokio::task::yield_now().await;
    let app = serving(&registry, Mirror::default()).await;
    assert_eq!(call.await.unwrap().unwrap(), Text::new("a"));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn calls_go_round_dead_nodes_and_follow_those_that_come_and_go() {
    let registry = Registry::memory();
    // Listed, and nobody listens there: a call that never left this process is repeated elsewhere.
    let nobody = Node::new("echo", "127.0.0.1:1").with_endpoint("/it.Echo/Say");
    let _dead = registry.register(nobody, LeaseOptions::default()).await.unwrap();
    let (first, second) = (serving(&registry, Mirror::default()).await, serving(&registry, Mirror::default()).await);
    let echo = calling(&registry).await;
    for _ in 0..50 {
        echo.say(Text::new("a")).await.unwrap();
    }
    first.stop().await.unwrap();
    for _ in 0..50 {
        echo.say(Text::new("a")).await.unwrap();
    }
    second.stop().await.unwrap();
    let error = echo.say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("127.0.0.1:1"), "the one that is left is named: {error}");
}

#[tokio::test]
async fn a_port_taken_over_by_another_process_does_not_answer_for_it() {
    let registry = Registry::memory();
    let mirror = Mirror::default();
    let app = serving(&Registry::memory(), mirror.clone()).await;
    // The entry of a process that is gone, at the address of one that came after it.
    let stale = Node::new("echo", app.address().unwrap().to_string())
        .with_id("gone")
        .with_metadata("micro", "0.1.0")
        .with_endpoint("/it.Echo/Say");
    let _stale = registry.register(stale, LeaseOptions::default()).await.unwrap();
    let error = calling(&registry).await.say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("meant for `gone`"), "{error}");
    assert!(mirror.seen.lock().unwrap().is_empty());
    app.stop().await.unwrap();
}

/// Counts how often it is watched, and says no from the second time on.
#[derive(Debug, Default)]
struct Counting {
    memory: Memory,
    watched: Arc<AtomicUsize>,
}

impl Backend for Counting {
    fn name(&self) -> String {
        "counting".into()
    }

    async fn register(&self, node: &Node, ttl: Duration) -> Result<()> {
        self.memory.register(node, ttl).await
    }

    async fn deregister(&self, node: &Node) -> Result<()> {
        self.memory.deregister(node).await
    }

    async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        self.memory.nodes(service).await
    }

    async fn services(&self) -> Result<Vec<String>> {
        self.memory.services().await
    }

    async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        if self.watched.fetch_add(1, Ordering::Relaxed) > 0 {
            return Err(Error::unavailable("asked once too often"));
        }
        self.memory.watch(service).await
    }
}

#[tokio::test]
async fn a_client_asks_the_registry_once_and_follows_it_from_then_on() {
    let backend = Counting::default();
    let watched = backend.watched.clone();
    let registry = Registry::new(backend);
    let app = serving(&registry, Mirror::default()).await;
    let echo = calling(&registry).await;
    for _ in 0..10 {
        echo.say(Text::new("a")).await.unwrap();
    }
    assert_eq!(watched.load(Ordering::Relaxed), 1);
    app.stop().await.unwrap();
}
