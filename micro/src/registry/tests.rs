//! Tests of the behaviour the handle adds to every backend, and the memory backend's run of the test suite.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::*;
use crate::Code;
use crate::util::clock;

mod memory {
    use super::Registry;

    crate::testing::suite! {
        #[tokio::test(start_paused = true)]
        registry(Registry::memory())
    }
}

// A memory backend that can be down and counts queries. Its watches report a snapshot and nothing more.
#[derive(Clone, Debug, Default)]
struct Flaky(Arc<State>);

#[derive(Debug, Default)]
struct State {
    memory: Memory,
    down: Mutex<Option<Code>>,
    watches: AtomicUsize,
    feeds: Mutex<Vec<Feed>>,
}

impl Flaky {
    fn set_down(&self, code: Code) {
        *lock(&self.0.down) = Some(code);
        for feed in lock(&self.0.feeds).drain(..) {
            feed.fail(Error::new(code, "down"));
        }
    }

    fn set_up(&self) {
        *lock(&self.0.down) = None;
    }

    fn answer(&self) -> Result<()> {
        lock(&self.0.down).map_or(Ok(()), |code| Err(Error::new(code, "down")))
    }
}

impl Backend for Flaky {
    fn name(&self) -> String {
        "flaky".to_owned()
    }

    async fn register(&self, node: &Node, ttl: Duration) -> Result<()> {
        self.answer()?;
        Backend::register(&self.0.memory, node, ttl).await
    }

    async fn deregister(&self, node: &Node) -> Result<()> {
        self.answer()?;
        Backend::deregister(&self.0.memory, node).await
    }

    async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        self.answer()?;
        Backend::nodes(&self.0.memory, service).await
    }

    async fn services(&self) -> Result<Vec<String>> {
        std::future::pending().await
    }

    async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        self.0.watches.fetch_add(1, SeqCst);
        self.answer()?;
        let (feed, watch) = Watch::channel(service);
        feed.replace(Backend::nodes(&self.0.memory, service.unwrap_or_default()).await?.into_iter().map(Arc::new));
        lock(&self.0.feeds).push(feed);
        Ok(watch)
    }
}

fn flaky() -> (Flaky, Registry) {
    let flaky = Flaky::default();
    (flaky.clone(), Registry::new(flaky))
}

fn node() -> Node {
    Node::new("greeter", "10.0.0.7:8080")
}

#[tokio::test(start_paused = true)]
async fn a_registration_survives_an_outage_longer_than_its_time() {
    let (flaky, registry) = flaky();
    let registration = registry.register(node(), LeaseOptions::default()).await.expect("registered");
    flaky.set_down(Code::Unavailable);
    clock::sleep(Duration::from_secs(300)).await;
    flaky.set_up();
    assert!(registry.nodes("greeter").await.expect("up").is_empty());
    clock::sleep(Duration::from_secs(10)).await;
    assert_eq!(registry.nodes("greeter").await.expect("up"), [Node::clone(&registration.node())]);
}

#[tokio::test(start_paused = true)]
async fn a_following_serves_the_last_view_through_an_outage() {
    let (flaky, registry) = flaky();
    let hour = Duration::from_secs(3600);
    registry.register_once(&node(), hour).await.expect("registered");
    let mut following = registry.follow("greeter");
    following.ready().await;
    flaky.set_down(Code::Unavailable);
    clock::sleep(Duration::from_secs(300)).await;
    assert_eq!(following.nodes().len(), 1);
    assert_eq!(following.last_error().expect("down").code(), Code::Unavailable);
    // Delays of up to ten seconds with jitter; without back-off there were three thousand attempts.
    assert!(flaky.0.watches.load(SeqCst) < 150, "it asks with back-off");

    let late = node().with_id("late");
    flaky.set_up();
    registry.register_once(&late, hour).await.expect("registered");
    while following.nodes().len() != 2 {
        following.changed().await;
    }
    assert!(following.last_error().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_following_waits_for_a_registry_that_is_down_at_first() {
    let (flaky, registry) = flaky();
    flaky.set_down(Code::Unavailable);
    let following = registry.follow("greeter");
    assert!(clock::timeout(Duration::from_secs(60), following.ready()).await.is_err());
    flaky.set_up();
    following.ready().await;
}

#[tokio::test(start_paused = true)]
async fn followers_share_one_watch_that_ends_with_them() {
    let (flaky, registry) = flaky();
    let followers: Vec<NodeView> = (0..50).map(|_| registry.clone().follow("greeter")).collect();
    for follower in &followers {
        follower.ready().await;
    }
    assert_eq!(flaky.0.watches.load(SeqCst), 1);
    drop(followers);
    tokio::task::yield_now().await;
    assert!(lock(&flaky.0.feeds).iter().all(Feed::is_closed));
    registry.follow("greeter").ready().await;
    assert_eq!(flaky.0.watches.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn an_update_may_not_become_another_node() {
    let registry = Registry::memory();
    let registration = registry.register(node(), LeaseOptions::default()).await.expect("registered");
    let error = registration.update(node()).await.expect_err("another id");
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[tokio::test(start_paused = true)]
async fn a_refused_update_leaves_the_old_description_alive() {
    let (flaky, registry) = flaky();
    let first = node();
    let registration = registry.register(first.clone(), LeaseOptions::default()).await.expect("registered");
    flaky.set_down(Code::Unavailable);
    registration.update(first.clone().with_version("2")).await.expect_err("down");
    flaky.set_up();
    clock::sleep(Duration::from_secs(60)).await;
    assert_eq!(registry.nodes("greeter").await.expect("up"), [first]);
}

#[tokio::test(start_paused = true)]
async fn an_error_says_who_was_asked_for_what() {
    let (flaky, registry) = flaky();
    flaky.set_down(Code::PermissionDenied);
    let error = registry.nodes("greeter").await.expect_err("down");
    assert_eq!(error.code(), Code::PermissionDenied);
    assert_eq!(error.to_string(), "down (permission_denied, in registry.nodes, registry=flaky)");
    assert_eq!(registry.services().await.expect_err("hangs").code(), Code::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn what_no_registry_can_keep_is_refused_before_it_is_asked() {
    let registry = Registry::memory();
    let second = Duration::from_secs(1);
    for ttl in [
        LeaseOptions { ttl: second, interval: second },
        LeaseOptions { ttl: second, interval: Duration::ZERO },
        LeaseOptions { ttl: Duration::ZERO, interval: Duration::ZERO },
    ] {
        assert_eq!(registry.register(node(), ttl).await.unwrap_err().code(), Code::InvalidArgument);
    }
    assert!(registry.register(node(), LeaseOptions::new(Duration::MAX)).await.is_ok());
    let nameless = Node::new("", "");
    assert_eq!(registry.register_once(&nameless, second).await.unwrap_err().code(), Code::InvalidArgument);
}
