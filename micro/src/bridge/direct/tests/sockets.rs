//! Processes with real ports, and the native wire between them.

use std::sync::Arc;
use std::time::Duration;

use super::world::{Apart, bodies, body, next, order};
use crate::bridge::direct::Direct;
use crate::broker::{Broker, Deliveries, Subscription};
use crate::client::Builder;
use crate::registry::{LeaseOptions, Node, Registry};
use crate::server::{Drained, ListenOptions, Listener, Server};
use crate::testing::suite;
use crate::transport::http::{HttpServer, HttpServerOptions};
use crate::transport::local::LocalTransport;
use crate::transport::native::{self, NativeServer};
use crate::transport::{AutoTransport, WIRE, Wire};
use crate::util::clock;
use crate::util::lifecycle::{Lifecycle, State};
use crate::util::spawn::{self, Task};

/// A process with a port.
pub(super) struct Process {
    pub(super) direct: Direct,
    lifecycle: Lifecycle,
    serving: Task<Drained>,
}

impl Process {
    /// Creates a process with this `id` that speaks `wire`.
    pub(super) async fn new(registry: &Registry, id: &str, wire: Wire) -> Self {
        Self::limited(registry, id, wire, 4 * 1024 * 1024).await
    }

    /// Creates a process that rejects larger messages.
    async fn limited(registry: &Registry, id: &str, wire: Wire, message_limit: usize) -> Self {
        let local = LocalTransport::new();
        let wires = AutoTransport::default().with_wire(wire);
        let client = Builder::new(local.clone()).with_remote(registry.clone(), Arc::new(wires)).build();
        let direct = Direct::new(client, registry.clone());
        let mut server = Server::new().with_node(id);
        server.add_unlisted(direct.service());
        let server = Arc::new(server);
        local.serve(server.clone());
        let listener = Listener::bind("127.0.0.1:0", ListenOptions::default()).await.expect("bound");
        let native = native::NativeServerOptions { message_limit, ..Default::default() };
        let listener = listener.with_protocol(Arc::new(NativeServer::new(server.clone(), native))).expect("one");
        let node = Node::new("shop", listener.address().to_string()).with_id(id);
        let node = if wire == Wire::Http { node } else { node.with_metadata(WIRE, native::NAME) };
        let lifecycle = Lifecycle::new();
        let http = HttpServer::new(server, [], HttpServerOptions { message_limit, ..Default::default() });
        let serving = spawn::spawn(listener.serve(http, lifecycle.clone()));
        direct.listen(node, LeaseOptions::default());
        Process { direct, lifecycle, serving }
    }

    pub(super) fn broker(&self) -> Broker {
        Broker::new(self.direct.clone())
    }

    async fn audits(&self) -> Deliveries {
        let audit = Subscription::new("orders.>".parse().unwrap()).with_queue("audit").with_in_flight(4);
        self.broker().subscribe(audit).await.expect("subscribed")
    }
}

/// A process that publishes, one that subscribes, and the broker that they are together.
struct MetadataPair {
    broker: Broker,
    _processes: [Process; 2],
}

impl MetadataPair {
    async fn over(wire: Wire) -> Self {
        let registry = Registry::memory();
        let (a, b) = (Process::new(&registry, "a", wire).await, Process::new(&registry, "b", wire).await);
        MetadataPair { broker: Apart::broker(&a.direct, std::slice::from_ref(&b.direct)), _processes: [a, b] }
    }
}

impl suite::Fixture for MetadataPair {
    fn server(&self) -> suite::Server {
        suite::Server::None
    }
}

impl suite::broker::Fixture for MetadataPair {
    fn broker(&self) -> impl Future<Output = Broker> + Send {
        std::future::ready(self.broker.clone())
    }
}

mod over_the_native_wire {
    crate::testing::suite! {
        #[tokio::test]
        broker(super::MetadataPair::over(super::Wire::Auto).await)
    }
}

mod over_http {
    crate::testing::suite! {
        #[tokio::test]
        broker(super::MetadataPair::over(super::Wire::Http).await)
    }
}

#[tokio::test]
async fn what_a_process_had_that_is_killed_in_the_midst_goes_to_another() {
    for wire in [Wire::Auto, Wire::Http] {
        let registry = Registry::memory();
        let a = Process::new(&registry, "a", wire).await;
        let (b, c) = (Process::new(&registry, "b", wire).await, Process::new(&registry, "c", wire).await);
        let mut dying = b.audits().await;
        a.broker().publish_all(&Vec::from_iter((0..8).map(order))).await.unwrap();
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(next(&mut dying).await);
        }
        let mut living = c.audits().await;
        // Its sockets are closed immediately; the events it holds are never returned.
        drop(b.serving);
        std::mem::forget((held, dying));
        let mut again = Vec::new();
        for _ in 0..8 {
            let delivery = next(&mut living).await;
            assert_eq!(delivery.attempt, 2);
            again.push(body(&delivery));
            delivery.ack().await.unwrap();
        }
        assert_eq!(again, Vec::from_iter(0..8));
    }
}

#[tokio::test]
async fn a_process_that_has_left_drains_as_soon_as_its_subscribers_are_done() {
    for wire in [Wire::Auto, Wire::Http] {
        let registry = Registry::memory();
        let (a, b) = (Process::new(&registry, "a", wire).await, Process::new(&registry, "b", wire).await);
        let mut audits = b.audits().await;
        a.broker().publish_all(&Vec::from_iter((0..3).map(order))).await.unwrap();
        let held = next(&mut audits).await;
        b.direct.leave().await;
        drop(audits);
        b.lifecycle.advance(State::Draining);
        let begun = clock::now();
        let (drained, ()) = tokio::join!(b.serving, async {
            clock::sleep(Duration::from_millis(300)).await;
            held.ack().await.unwrap();
        });
        assert_eq!(drained.unwrap(), Drained::Clean);
        assert!((250..5_000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
        // Events it had not started are kept for the next member.
        let c = Process::new(&registry, "c", wire).await;
        let mut audits = c.audits().await;
        assert_eq!(bodies(&mut audits, 2).await, [1, 2]);
        clock::timeout(Duration::from_secs(5), a.broker().flush()).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_that_a_process_takes_no_message_for_is_given_up_and_no_other() {
    for wire in [Wire::Auto, Wire::Http] {
        let registry = Registry::memory();
        let (a, b) =
            (Process::new(&registry, "a", wire).await, Process::limited(&registry, "b", wire, 64 * 1024).await);
        let mut audits = b.audits().await;
        let mut events = Vec::from_iter((0..40).map(order));
        events[20].body = vec![7; 100 * 1024].into();
        a.broker().publish_all(&events).await.unwrap();
        let mut seen = bodies(&mut audits, 39).await;
        // The link broke on that event, so some events may be delivered twice.
        seen.sort_unstable();
        seen.dedup();
        while seen.len() < 39 {
            seen.extend(bodies(&mut audits, 1).await);
            seen.sort_unstable();
            seen.dedup();
        }
        assert_eq!(seen, Vec::from_iter((0..40).filter(|body| *body != 20)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_publishers_and_subscribers_on_many_threads_lose_nothing() {
    const EACH: usize = 3_000;
    let registry = Registry::memory();
    let publishers = [Process::new(&registry, "a", Wire::Auto).await, Process::new(&registry, "b", Wire::Auto).await];
    let others = [Process::new(&registry, "c", Wire::Auto).await, Process::new(&registry, "d", Wire::Auto).await];
    let (told, mut handled) = tokio::sync::mpsc::unbounded_channel();
    let mut handling = Vec::new();
    for process in publishers.iter().chain(&others) {
        let (mut audits, told) = (process.audits().await, told.clone());
        handling.push(spawn::spawn(async move {
            loop {
                let delivery = futures_util::StreamExt::next(&mut audits).await.expect("it goes on").expect("no error");
                told.send(body(&delivery)).expect("still counting");
                delivery.ack().await.expect("acknowledged");
            }
        }));
    }
    clock::sleep(Duration::from_millis(100)).await;
    let publishing: Vec<_> = (0..6)
        .map(|publisher| {
            let broker = publishers[publisher % 2].broker();
            spawn::spawn(async move {
                for part in Vec::from_iter(publisher * EACH..(publisher + 1) * EACH).chunks(1 + publisher * 10) {
                    broker.publish_all(&Vec::from_iter(part.iter().copied().map(order))).await.expect("published");
                }
            })
        })
        .collect();
    for task in publishing {
        task.await.expect("published");
    }
    let mut seen = Vec::new();
    for _ in 0..6 * EACH {
        seen.push(clock::timeout(Duration::from_secs(15), handled.recv()).await.expect("in time").expect("more"));
    }
    seen.sort_unstable();
    assert_eq!(seen, Vec::from_iter(0..6 * EACH));
}
