//! What a call allocates: within the process twice, and once more for each interceptor; over the native wire a few times, and
//! over HTTP less often than tonic does. What a connection holds that is idle.

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
    async fn dressed(&self, number: Number) -> Result<Number>;
}

struct One;

#[micro::handler(manual)]
impl Adder for One {
    async fn add(&self, number: Number) -> Result<Number> {
        Ok(Number { value: number.value + 1 })
    }

    async fn dressed(&self, number: Number) -> Result<Number> {
        self.add(number).await
    }
}

/// What a dressed call carries each way.
const HEADERS: [&str; 3] = ["x-one", "x-two", "x-three"];

/// The same, which says how often it was asked.
struct CountingIo(Arc<AtomicUsize>);

#[micro::handler(manual)]
impl Adder for CountingIo {
    async fn add(&self, number: Number) -> Result<Number> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Number { value: number.value + 1 })
    }

    async fn dressed(&self, number: Number) -> Result<Number> {
        let context = Context::current();
        for key in HEADERS {
            context.reply_header(key, "value")?;
        }
        self.add(number).await
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
            app = app.client_interceptor(Pass);
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
/// without one it is called over HTTP. A dressed call has three headers each way.
fn over_the_wire(wire: Option<&str>, in_flight: usize, dressed: bool) -> (f64, f64) {
    const CALLS: usize = 4_000;
    let served = Arc::new(AtomicUsize::new(0));
    let (tell, told) = std::sync::mpsc::channel();
    let (begin, begun) = std::sync::mpsc::channel();
    let counting = served.clone();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let app = micro::app().registry(Registry::memory()).serve(AdderServer::new(CountingIo(counting.clone())));
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
    let _listed = runtime.block_on(registry.register(node, micro::registry::LeaseOptions::default())).unwrap();
    let running = runtime.block_on(micro::app().registry(registry).start()).unwrap();
    let adder: AdderClient = running.get().unwrap();
    let options = HEADERS.iter().try_fold(CallOptions::new(), |options, key| options.with_metadata(key, "value"));
    let dresser = adder.with(options.unwrap());
    let one = |number: Number| {
        let (adder, dresser) = (&adder, &dresser);
        async move { if dressed { dresser.dressed(number).await } else { adder.add(number).await } }
    };
    let call = || {
        runtime.block_on(async {
            for _ in 0..CALLS / in_flight {
                let calls = (0..in_flight).map(|value| one(Number { value: value as u64 }));
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
        let (client, server) = over_the_wire(Some("micro/1"), in_flight, false);
        println!("{in_flight} in flight: {client:.2} allocations by the client, {server:.2} by the server");
        assert!(client <= 8.5, "{client} by the client, {in_flight} in flight");
        assert!(server <= 8.5, "{server} by the server, {in_flight} in flight");
    }
}

#[test]
fn a_small_call_over_http_allocates_less_than_tonics_thirty_four_times_on_each_side() {
    for in_flight in [1, 40] {
        let (client, server) = over_the_wire(None, in_flight, false);
        println!("{in_flight} in flight: {client:.2} allocations by the client, {server:.2} by the server");
        assert!(client <= 24.5, "{client} by the client, {in_flight} in flight");
        assert!(server <= 24.5, "{server} by the server, {in_flight} in flight");
    }
}

#[test]
fn three_headers_each_way_cost_fifteen_allocations_on_either_side() {
    let (client, server) = over_the_wire(Some("micro/1"), 40, true);
    println!("with headers: {client:.2} allocations by the client, {server:.2} by the server");
    // Seven for each way: a list, and a key and a value for each; and where the context keeps what is said beside an answer.
    assert!(server <= 8.5 + 15.0, "{server} by the server");
    assert!(client <= 8.5 + 15.0, "{client} by the client");
}

/// A connection whose client has said HELLO without settings, and `said`; it is open once the answer ends with `answer`. Written by
/// hand: it costs this side of the process next to nothing.
fn opened(address: std::net::SocketAddr, said: &[u8], answer: &[u8]) -> std::net::TcpStream {
    use std::io::{Read, Write};

    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(&[&b"\0micro/1\0\0\0\0\0\0\0\0\0\0"[..], said].concat()).unwrap();
    let (mut seen, mut piece) = (Vec::new(), [0; 64]);
    while seen.is_empty() || !seen.ends_with(answer) {
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the server answers");
        seen.extend_from_slice(&piece[..read]);
    }
    stream
}

/// A call that agrees on its method: no deadline, no metadata, and the number 1. Its answer ends with the number 2.
fn call() -> Vec<u8> {
    let mut body = vec![0];
    for text in ["/allocations.Adder/Add", "adder", "", "proto"] {
        body.push(text.len() as u8);
        body.extend(text.as_bytes());
    }
    body.extend([0, 0, 8, 1]);
    [&[0, 0, 0, body.len() as u8, 1, 3, 0, 0, 0, 1][..], &body].concat()
}

/// How many bytes of its server's heap a connection holds so long after it was opened.
fn held_by_a_connection(said: Vec<u8>, answer: &'static [u8], rest: std::time::Duration) -> i64 {
    const CONNECTIONS: usize = 200;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = micro::app().registry(Registry::memory()).serve(AdderServer::new(One));
    let running = runtime.block_on(app.start()).unwrap();
    let address = running.address().unwrap();
    let open = || {
        let (told, open) = tokio::sync::oneshot::channel();
        let said = said.clone();
        std::thread::spawn(move || {
            told.send((0..CONNECTIONS).map(|_| opened(address, &said, answer)).collect::<Vec<_>>())
        });
        runtime.block_on(open).unwrap()
    };
    // The first ones pay for what all of them share.
    let mut kept = vec![open()];
    let counted = allocation_counter::measure(|| {
        kept.push(open());
        runtime.block_on(async { tokio::time::sleep(rest).await });
    });
    counted.bytes_current / CONNECTIONS as i64
}

#[test]
fn a_connection_costs_the_server_five_kilobytes_behind_its_call_and_less_once_it_is_quiet() {
    for (rest, most) in [(0, 5_120), (1_500, 3_584)] {
        let each = held_by_a_connection(call(), &[8, 2], std::time::Duration::from_millis(rest));
        println!("{each} bytes for each connection, {rest} ms behind its call");
        assert!(each <= most, "{each} bytes for each connection, {rest} ms behind its call");
    }
}

#[test]
fn memory_is_given_for_bytes_that_came_and_not_for_lengths() {
    // A call of four megabytes, of which one byte comes; and the same with 10,000.
    for (came, most) in [(1, 8_192), (10_000, 32_768)] {
        let said = [&[0, 64, 0, 0, 1, 1, 0, 0, 0, 1][..], &vec![0; came]].concat();
        let each = held_by_a_connection(said, &[], std::time::Duration::from_millis(300));
        println!("{each} bytes for each connection with {came} bytes of a long frame");
        assert!(each <= most, "{each} bytes for each connection with {came} bytes of a long frame");
    }
}
