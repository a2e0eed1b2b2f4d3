//! The suites find what is broken, and the macro leaves out no promise.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Fixture, Server, broker};
use crate::broker::{Backend, Broker, Capabilities, Deliveries, Event, Memory, Subscription};
use crate::errors::Result;
use crate::util::spawn;

/// A broker in memory that declares something else than it does.
#[derive(Debug)]
struct Misdeclared(Memory, Capabilities);

impl Misdeclared {
    fn broker(declare: impl FnOnce(&mut Capabilities)) -> Broker {
        let memory = Memory::new();
        let mut capabilities = memory.capabilities();
        declare(&mut capabilities);
        Broker::new(Misdeclared(memory, capabilities))
    }
}

impl Backend for Misdeclared {
    fn name(&self) -> String {
        "misdeclared".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        self.1
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        self.0.publish(events).await
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        self.0.subscribe(subscription).await
    }
}

/// Loses every second event.
#[derive(Debug)]
struct Lossy(Memory);

impl Backend for Lossy {
    fn name(&self) -> String {
        "lossy".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        let even = |event: &&Event| event.body.last().is_none_or(|last| last % 2 == 0);
        let kept: Vec<Event> = events.iter().filter(even).cloned().collect();
        self.0.publish(&kept).await
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        self.0.subscribe(subscription).await
    }
}

async fn is_broken(what: &str, promise: impl Future<Output = ()> + Send + 'static) {
    assert!(spawn::spawn(promise).await.is_err(), "{what} is not noticed");
}

#[tokio::test(start_paused = true)]
async fn every_capability_is_held_to() {
    let fixture = Misdeclared::broker(|can| can.at_least_once = false);
    is_broken("at_least_once", async move { broker::what_was_published_is_delivered(&fixture).await }).await;
    let fixture = Broker::new(Lossy(Memory::new()));
    is_broken("loss", async move { broker::what_was_published_is_delivered(&fixture).await }).await;
    let fixture = Misdeclared::broker(|can| can.survives_restart = true);
    assert_eq!(fixture.server(), Server::Fixed, "a broker that outlives its process has one");
    let fixture = Misdeclared::broker(|can| can.redelivers = false);
    is_broken("redelivers", async move { broker::what_is_returned_comes_again(&fixture).await }).await;
    let fixture = Misdeclared::broker(|can| can.counts_deliveries = false);
    is_broken("counts_deliveries", async move { broker::deliveries_are_counted(&fixture).await }).await;
    let fixture = Misdeclared::broker(|can| can.deduplicates = true);
    is_broken("deduplicates", async move { broker::an_event_published_twice_is_one(&fixture).await }).await;

    // What is not declared is refused by the handle, whatever the backend could do.
    broker::a_durable_queue_keeps_events(&Misdeclared::broker(|can| can.durable = false)).await;
    broker::earlier_events_can_be_requested(&Misdeclared::broker(|can| can.replays = false)).await;
    broker::patterns_match(&Misdeclared::broker(|can| can.wildcards = false)).await;
    broker::a_key_goes_to_one_process_at_a_time(&Misdeclared::broker(|can| can.ordered_across_processes = false)).await;
}

/// Gives each subscriber a memory of its own, and every other event of a key to each.
#[derive(Debug)]
struct Scattered([Memory; 2], AtomicUsize);

impl Backend for Scattered {
    fn name(&self) -> String {
        "scattered".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        self.0[0].capabilities()
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        for event in events {
            let last = event.body.last().copied().unwrap_or_default();
            self.0[usize::from(last % 2)].publish(std::slice::from_ref(event)).await?;
        }
        Ok(())
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        let turn = self.1.fetch_add(1, Ordering::Relaxed);
        self.0[turn % 2].subscribe(subscription).await
    }
}

#[tokio::test(start_paused = true)]
async fn keys_at_two_processes_are_noticed() {
    let fixture = Broker::new(Scattered([Memory::new(), Memory::new()], 0.into()));
    is_broken("order", async move { broker::a_key_goes_to_one_process_at_a_time(&fixture).await }).await;
}

#[test]
fn the_macro_has_every_promise() {
    let listed = include_str!("mod.rs");
    let sources = [
        include_str!("broker/delivery.rs"),
        include_str!("broker/durability.rs"),
        include_str!("broker/handling.rs"),
        include_str!("broker/queue.rs"),
        include_str!("config.rs"),
        include_str!("registry.rs"),
    ];
    let promises = sources.iter().flat_map(|source| source.split("pub async fn ").skip(1));
    let promises: Vec<&str> = promises.filter_map(|rest| rest.split('(').next()).collect();
    assert_eq!(promises.len(), 49, "{promises:?}");
    for promise in promises {
        assert!(listed.lines().any(|line| line.trim() == promise), "`{promise}` is not in the macro");
    }
}
