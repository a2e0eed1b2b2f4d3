//! What a call costs around its handler, within one process and from bytes to bytes, beside the same written by hand.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use micro::app::Running;
use micro::codec::Codec;
use micro::message::Message;
use micro::prelude::*;
use micro::registry::Registry;
use micro::rpc::{Call, EncodedExchange, Interceptor, Next, Payload};
use tokio::runtime::Runtime;

#[micro::message(package = "bench")]
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    pub value: u64,
}

#[micro::service(name = "adder", package = "bench")]
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

struct Pass;

impl Interceptor for Pass {
    async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        next.run(call).await
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A client of a service in this process, as an app makes it.
fn local(runtime: &Runtime, interceptors: usize) -> (AdderClient, Running) {
    let mut app = micro::app().registry(Registry::memory()).settings(|settings| settings.log = "off".into());
    for _ in 0..interceptors {
        app = app.client_interceptor(Pass);
    }
    let running = runtime.block_on(app.serve(AdderServer::new(One)).start()).expect("it starts");
    (running.get().expect("clients can be had"), running)
}

fn allocations(runtime: &Runtime, adder: &AdderClient) -> u64 {
    let call = || assert!(runtime.block_on(adder.add(Number { value: 1 })).is_ok());
    call();
    allocation_counter::measure(call).count_total
}

fn local_calls(criterion: &mut Criterion) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("local");
    group.bench_function("the method itself", |bencher| {
        bencher.iter(|| runtime.block_on(One.add(black_box(Number { value: 1 }))));
    });
    for interceptors in [0, 1, 3] {
        let (adder, _running) = local(&runtime, interceptors);
        // As from a handler: within a task that runs already.
        group.bench_function(format!("call through {interceptors} interceptors, from a task"), |bencher| {
            bencher.iter_custom(|rounds| {
                runtime.block_on(async {
                    let begun = std::time::Instant::now();
                    for _ in 0..rounds {
                        black_box(adder.add(black_box(Number { value: 1 })).await.is_ok());
                    }
                    begun.elapsed()
                })
            });
        });
        let name = format!("call through {interceptors} interceptors");
        println!("{name}: {} allocations", allocations(&runtime, &adder));
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(adder.add(black_box(Number { value: 1 }))));
        });
    }
    group.finish();
}

/// From request bytes to reply bytes: the erased table beside a handler that decodes, adds and encodes by hand.
fn dispatch(criterion: &mut Criterion) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("dispatch");
    let request = Bytes::from(Number { value: 1 }.encode_to_vec());
    let service = AdderServer::new(One);
    let context = Context::new().child();
    group.bench_function("table", |bencher| {
        bencher.iter(|| {
            let mut exchange = EncodedExchange::new(Payload::One(request.clone()), Codec::PROTO);
            runtime.block_on(service.call(0, &mut exchange, &context)).expect("it answers");
            black_box(exchange.into_reply().expect("there is a reply"))
        });
    });
    group.bench_function("by hand", |bencher| {
        bencher.iter(|| {
            let reply = runtime.block_on(async {
                let number = Number::decode_shared(&request).expect("it is one");
                Bytes::from(One.add(number).await.expect("it answers").encode_to_vec())
            });
            black_box(reply)
        });
    });
    group.finish();
}

criterion_group!(benches, local_calls, dispatch);
criterion_main!(benches);
