//! What a call allocates: within the process twice, and once more for each interceptor; over the native wire a few times, and
//! over HTTP less often than tonic does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use micro::prelude::*;
use micro::registry::Registry;
use micro::rpc::{Call, Interceptor, Next};

#[micro::message(package = "allocations")]
#[derive(Clone, Debug)]
pub struct Number {
    pub value: u64,
}

#[micro::service(name = "adder", package = "allocations")]
pub trait Adder {
    async fn add(&self, number: Number) -> Result<Number>;
}

struct One;

#[micro::handler(manual)]
impl Adder for One {
    async fn add(&self, number: Number) -> Result<Number> {
        Ok(Number { value: number.value + 1 })
    }
}

/// The same, which says how often it was asked.
struct Counted(Arc<AtomicUsize>);

#[micro::handler(manual)]
impl Adder for Counted {
    async fn add(&self, number: Number) -> Result<Number> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Number { value: number.value + 1 })
    }
}

struct Pass;

impl Interceptor for Pass {
    async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        next.run(call).await
    }
}

#[test]
fn a_local_call_allocates_twice_and_once_per_interceptor() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for interceptors in 0..3 {
        let mut app = micro::app().registry(Registry::memory()).serve(AdderServer::new(One));
        for _ in 0..interceptors {
            app = app.around_calls(Pass);
        }
        let running = runtime.block_on(app.start()).unwrap();
        let adder: AdderClient = running.get().unwrap();
        let call = || assert_eq!(runtime.block_on(adder.add(Number { value: 1 })).unwrap().value, 2);
        call();
        let counted = allocation_counter::measure(call);
        assert_eq!(counted.count_total, 2 + interceptors, "with {interceptors} interceptors");
    }
}

/// How much both ends of a wire allocate for one small call: the client's side, and the server's. The node says it speaks `wire`;
/// without one it is called over HTTP.
fn over_the_wire(wire: Option<&str>, in_flight: usize) -> (f64, f64) {
    const CALLS: usize = 4_000;
    let served = Arc::new(AtomicUsize::new(0));
    let (tell, told) = std::sync::mpsc::channel();
    let (begin, begun) = std::sync::mpsc::channel();
    let counting = served.clone();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let app = micro::app().registry(Registry::memory()).serve(AdderServer::new(Counted(counting.clone())));
        let running = runtime.block_on(app.start()).unwrap();
        tell.send(running.address().unwrap().to_string()).unwrap();
        let until = |calls| {
            runtime.block_on(std::future::poll_fn(|cx| {
                cx.waker().wake_by_ref();
                if counting.load(Ordering::SeqCst) < calls {
                    std::task::Poll::Pending
                } else {
                    std::task::Poll::Ready(())
                }
            }));
        };
        until(CALLS);
        begin.send(()).unwrap();
        let counted = allocation_counter::measure(|| until(2 * CALLS));
        // Answers the last ones.
        runtime.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(100)).await });
        counted.count_total as f64 / CALLS as f64
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let registry = Registry::memory();
    let node = micro::registry::Node::new("adder", told.recv().unwrap());
    let node = wire.into_iter().fold(node, |node, wire| node.with_metadata("wire", wire));
    let _listed = runtime.block_on(registry.register(node, micro::registry::Ttl::default())).unwrap();
    let running = runtime.block_on(micro::app().registry(registry).start()).unwrap();
    let adder: AdderClient = running.get().unwrap();
    let call = || {
        runtime.block_on(async {
            for _ in 0..CALLS / in_flight {
                let calls = (0..in_flight).map(|value| adder.add(Number { value: value as u64 }));
                for number in futures_util::future::join_all(calls).await {
                    number.unwrap();
                }
            }
        });
    };
    call();
    begun.recv().unwrap();
    let counted = allocation_counter::measure(call);
    (counted.count_total as f64 / CALLS as f64, server.join().unwrap())
}

#[test]
fn a_small_call_over_the_native_wire_allocates_at_most_eight_times_on_each_side() {
    for in_flight in [1, 40] {
        let (client, server) = over_the_wire(Some("micro/1"), in_flight);
        println!("{in_flight} in flight: {client:.2} allocations by the client, {server:.2} by the server");
        assert!(client <= 8.5, "{client} by the client, {in_flight} in flight");
        assert!(server <= 8.5, "{server} by the server, {in_flight} in flight");
    }
}

#[test]
fn a_small_call_over_http_allocates_less_than_tonics_thirty_four_times_on_each_side() {
    for in_flight in [1, 40] {
        let (client, server) = over_the_wire(None, in_flight);
        println!("{in_flight} in flight: {client:.2} allocations by the client, {server:.2} by the server");
        assert!(client <= 24.5, "{client} by the client, {in_flight} in flight");
        assert!(server <= 24.5, "{server} by the server, {in_flight} in flight");
    }
}
