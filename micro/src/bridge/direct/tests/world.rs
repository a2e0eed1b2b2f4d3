//! Processes, as far as events are concerned, in one.

use std::sync::Arc;

use tokio::sync::watch;

use crate::bridge::direct::Direct;
use crate::broker::{Backend, Broker, Capabilities, Deliveries, Event, State, Subscription};
use crate::client::Builder;
use crate::errors::{Error, Result};
use crate::registry::{Node, Registry, Ttl};
use crate::rpc::{BoxFuture, Payload, Streaming};
use crate::server::Server;
use crate::transport::local::Local;
use crate::transport::memory::{Door, Network};
use crate::transport::{Outbound, Request};

/// A registry and a network that belong to nobody else.
#[derive(Clone)]
pub(super) struct World {
    pub(super) registry: Registry,
    pub(super) network: Network,
}

/// A process in it.
pub(super) struct Process {
    pub(super) id: String,
    pub(super) direct: Direct,
    pub(super) broker: Broker,
    pub(super) cable: Cable,
    pub(super) door: Option<Door>,
}

impl World {
    pub(super) fn new() -> Self {
        World { registry: Registry::memory(), network: Network::new() }
    }

    /// A process that is called `id`.
    pub(super) fn process(&self, id: &str) -> Process {
        let local = Local::new();
        let cable = Cable { network: self.network.clone(), cut: watch::Sender::new(false) };
        let client = Builder::new(local.clone()).with_remote(self.registry.clone(), Arc::new(cable.clone())).build();
        let direct = Direct::new(client, self.registry.clone());
        let mut server = Server::new().with_node(id);
        server.add_unlisted(direct.service());
        let server = Arc::new(server);
        local.serve(server.clone());
        let door = self.network.serve(server);
        let node = Node::new("shop", format!("127.0.0.1:{}", door.port())).with_id(id).with_metadata("micro", "test");
        direct.listen(node, Ttl::default());
        Process { id: id.to_owned(), broker: Broker::new(direct.clone()), direct, cable, door: Some(door) }
    }
}

impl Process {
    pub(super) async fn subscribed(&self, subscription: Subscription) -> Deliveries {
        self.broker.subscribe(subscription).await.expect("subscribed")
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
        crate::util::spawn::spawn(async move {
            loop {
                let next = tokio::select! {
                    _ = cut.wait_for(|cut| *cut) => Some(Err(Error::unavailable("the cable is cut"))),
                    () = sender.closed() => return,
                    next = items.next() => next,
                };
                match next {
                    Some(Ok(item)) => drop(sender.send(item).await),
                    Some(Err(error)) => return drop(sender.fail(error).await),
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
    turn: std::sync::atomic::AtomicUsize,
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
        let turn = self.turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.subscribers[turn % self.subscribers.len()].subscribe(subscription).await
    }
}
