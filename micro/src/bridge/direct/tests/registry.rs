//! An unavailable registry.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::world::{World, bodies, order};
use crate::Code;
use crate::broker::{State, Subscription};
use crate::errors::{Error, Result};
use crate::registry::{Backend, Memory, Node, Registry, Watch};
use crate::util::clock;

/// A registry that can be away: nothing is answered, and watches have ended.
#[derive(Clone, Debug, Default)]
struct Flaky {
    memory: Memory,
    away: Arc<AtomicBool>,
}

impl Flaky {
    fn here(&self) -> Result<()> {
        if self.away.load(Ordering::Relaxed) { Err(Error::unavailable("away")) } else { Ok(()) }
    }
}

impl Backend for Flaky {
    fn name(&self) -> String {
        "flaky".to_owned()
    }

    async fn register(&self, node: &Node, ttl: Duration) -> Result<()> {
        self.here()?;
        self.memory.register(node, ttl).await
    }

    async fn deregister(&self, node: &Node) -> Result<()> {
        self.here()?;
        self.memory.deregister(node).await
    }

    async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        self.here()?;
        self.memory.nodes(service).await
    }

    async fn services(&self) -> Result<Vec<String>> {
        self.here()?;
        self.memory.services().await
    }

    async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        self.here()?;
        // The registry is unavailable for a while at a time, and watches do not outlast that.
        let (feed, watch) = Watch::channel(service);
        feed.replace(self.memory.nodes(service.unwrap_or_default()).await?.into_iter().map(Arc::new));
        let (memory, away, service) = (self.memory.clone(), self.away.clone(), service.unwrap_or_default().to_owned());
        let feeding = crate::util::spawn::spawn(async move {
            while !away.load(Ordering::Relaxed) {
                clock::sleep(Duration::from_millis(10)).await;
                if let Ok(nodes) = memory.nodes(&service).await {
                    feed.replace(nodes.into_iter().map(Arc::new));
                }
            }
        });
        Ok(watch.owning(std::sync::Mutex::new(feeding)))
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_know_each_other_go_on_without_the_registry() {
    let flaky = Flaky::default();
    let world = World::with(Registry::new(flaky.clone()));
    let (a, b) = (world.process("a"), world.process("b"));
    let mut alone = b.subscribed(None, 10).await;
    clock::sleep(Duration::from_millis(50)).await;
    a.publish(0..1).await;
    assert_eq!(bodies(&mut alone, 1).await, [0]);
    assert_eq!(a.broker.state(), State::Up);

    flaky.away.store(true, Ordering::Relaxed);
    clock::sleep(Duration::from_secs(120)).await;
    assert!(matches!(a.broker.state(), State::Down(why) if why.contains("registry `flaky`")));
    a.publish(1..5).await;
    assert_eq!(bodies(&mut alone, 4).await, [1, 2, 3, 4]);
    let error = b.broker.subscribe(Subscription::new("orders.>".parse().unwrap())).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    let stranger = World::with(Registry::new(flaky.clone())).publisher();
    let error = stranger.publish(order(5)).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("subscribers are unknown"), "{error}");

    flaky.away.store(false, Ordering::Relaxed);
    clock::sleep(Duration::from_secs(30)).await;
    assert_eq!(a.broker.state(), State::Up);
    let mut second = b.subscribed(None, 10).await;
    clock::sleep(Duration::from_millis(50)).await;
    a.publish(5..7).await;
    assert_eq!(bodies(&mut alone, 2).await, [5, 6]);
    assert_eq!(bodies(&mut second, 2).await, [5, 6]);
    stranger.publish(order(7)).await.unwrap();
}
