//! Simulated processes that publish and subscribe, within one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::watch;

use crate::bridge::direct::Direct;
use crate::broker::{Backend, Broker, Capabilities, Deliveries, Delivery, Event, State, Subscription};
use crate::client::{Builder, Client};
use crate::errors::{Error, Result};
use crate::registry::{LeaseOptions, Node, Registry};
use crate::rpc::{BoxFuture, Payload, Streaming};
use crate::server::Server;
use crate::transport::local::LocalTransport;
use crate::transport::memory::{MemoryListener, Network};
use crate::transport::{Outbound, Request};
use crate::util::{clock, spawn};

/// A separate registry and network.
#[derive(Clone)]
pub(super) struct World {
    pub(super) registry: Registry,
    network: Network,
}

/// A process in it.
pub(super) struct Process {
    pub(super) direct: Direct,
    pub(super) broker: Broker,
    pub(super) cable: Cable,
    listener: Option<MemoryListener>,
}

/// An address from which nothing is ever heard.
pub(super) const SILENT: &str = "192.0.2.1:9";

impl World {
    pub(super) fn new() -> Self {
        Self::with(Registry::memory())
    }

    pub(super) fn with(registry: Registry) -> Self {
        World { registry, network: Network::new() }
    }

    /// Creates a client that belongs to no process.
    pub(super) fn client(&self) -> Client {
        Builder::new(LocalTransport::new()).with_remote(self.registry.clone(), Arc::new(self.network.clone())).build()
    }

    /// Creates a process that only publishes.
    pub(super) fn publisher(&self) -> Broker {
        Broker::new(Direct::new(self.client(), self.registry.clone()))
    }

    pub(super) fn serve(&self, server: Server) -> MemoryListener {
        self.network.serve(Arc::new(server))
    }

    /// Creates a process with this `id`.
    pub(super) fn process(&self, id: &str) -> Process {
        let local = LocalTransport::new();
        let cable = Cable { network: self.network.clone(), cut: watch::Sender::new(false) };
        let client = Builder::new(local.clone()).with_remote(self.registry.clone(), Arc::new(cable.clone())).build();
        let direct = Direct::new(client, self.registry.clone());
        let mut server = Server::new().with_node(id);
        server.add_unlisted(direct.service());
        let server = Arc::new(server);
        local.serve(server.clone());
        let listener = self.network.serve(server);
        let node = Node::new("shop", format!("127.0.0.1:{}", listener.port())).with_id(id);
        direct.listen(node, LeaseOptions::default());
        Process { broker: Broker::new(direct.clone()), direct, cable, listener: Some(listener) }
    }
}

impl Process {
    /// Subscribes to all events of `orders.>`, in a queue if one is given.
    pub(super) async fn subscribed(&self, queue: Option<&str>, in_flight: usize) -> Deliveries {
        self.subscribed_to("orders.>", queue, in_flight).await
    }

    pub(super) async fn subscribed_to(&self, topics: &str, queue: Option<&str>, in_flight: usize) -> Deliveries {
        let mut subscription = Subscription::new(topics.parse().expect("a pattern")).with_in_flight(in_flight);
        subscription.queue = queue.map(str::to_owned);
        self.broker.subscribe(subscription).await.expect("subscribed")
    }

    pub(super) async fn publish(&self, bodies: impl IntoIterator<Item = usize>) {
        let events: Vec<Event> = bodies.into_iter().map(order).collect();
        self.broker.publish_all(&events).await.expect("published");
    }

    /// Ends the process like a crash: nothing is sent, and the registry still lists it. Publishers have to be disconnected
    /// separately.
    pub(super) fn kill(mut self) {
        self.listener = None;
        // The events it holds must not be returned in an orderly way.
        std::mem::forget(self);
    }
}

pub(super) fn order(body: usize) -> Event {
    Event::new("orders.placed".parse().expect("a topic"), body.to_string())
}

/// Returns the next delivery, which must arrive soon.
pub(super) async fn next(deliveries: &mut Deliveries) -> Delivery {
    let next = clock::timeout(Duration::from_secs(15), deliveries.next()).await.expect("an event comes");
    next.expect("it goes on").expect("no error")
}

pub(super) fn body(delivery: &Delivery) -> usize {
    String::from_utf8_lossy(&delivery.event.body).parse().expect("a number")
}

/// Acknowledges the next events and returns their bodies.
pub(super) async fn bodies(deliveries: &mut Deliveries, count: usize) -> Vec<usize> {
    let mut bodies = Vec::new();
    for _ in 0..count {
        let delivery = next(deliveries).await;
        bodies.push(body(&delivery));
        delivery.ack().await.expect("acknowledged");
    }
    bodies
}

pub(super) async fn nothing(deliveries: &mut Deliveries) {
    if let Ok(more) = clock::timeout(Duration::from_millis(300), deliveries.next()).await {
        panic!("{more:?} was delivered");
    }
}

/// The way out of a process. It can be cut: then calls end as if the other side had vanished, and no others begin.
#[derive(Clone, Debug)]
pub(super) struct Cable {
    network: Network,
    cut: watch::Sender<bool>,
}

impl Cable {
    pub(super) fn cut(&self) {
        self.cut.send_replace(true);
    }

    pub(super) fn mend(&self) {
        self.cut.send_replace(false);
    }

    fn guard(&self, payload: Payload) -> Payload {
        let Payload::Many(mut items) = payload else { return payload };
        let mut cut = self.cut.subscribe();
        let (sender, guarded) = Streaming::channel(1);
        spawn::spawn(async move {
            loop {
                let next = tokio::select! {
                    _ = cut.wait_for(|cut| *cut) => Some(Err(Error::unavailable("the cable is cut"))),
                    () = sender.closed() => return,
                    next = items.next() => next,
                };
                match next {
                    Some(Ok(item)) => drop(sender.send(item).await),
                    Some(Err(error)) => {
                        sender.fail(error).await;
                        return;
                    }
                    None => return,
                }
            }
        })
        .detach();
        Payload::Many(guarded)
    }
}

impl Outbound for Cable {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        Box::pin(async move {
            if *self.cut.borrow() {
                return Err(Error::unavailable("the cable is cut"));
            }
            if request.to.address == SILENT {
                std::future::pending::<()>().await;
            }
            let payload = self.guard(request.payload);
            let reply = self.network.call(Request { payload, ..request }).await?;
            Ok(self.guard(reply))
        })
    }
}

/// One process that publishes, and others that subscribe in turn, as one broker.
#[derive(Debug)]
pub(super) struct Apart {
    publisher: Direct,
    subscribers: Vec<Direct>,
    turn: AtomicUsize,
}

impl Apart {
    pub(super) fn broker(publisher: &Direct, subscribers: &[Direct]) -> Broker {
        Broker::new(Apart { publisher: publisher.clone(), subscribers: subscribers.to_vec(), turn: 0.into() })
    }
}

impl Backend for Apart {
    fn name(&self) -> String {
        "apart".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        self.publisher.capabilities()
    }

    fn state(&self) -> State {
        self.publisher.state()
    }

    async fn publish(&self, events: &[Event]) -> Result<()> {
        self.publisher.publish(events).await
    }

    async fn subscribe(&self, subscription: &Subscription) -> Result<Deliveries> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.subscribers[turn % self.subscribers.len()].subscribe(subscription).await
    }
}
