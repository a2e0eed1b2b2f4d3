//! What it costs to ask for settings in a hot loop, beside the ways to do that by hand.

use std::hint::black_box;
use std::sync::{Arc, RwLock};

use criterion::{Criterion, criterion_group, criterion_main};
use micro::config::{Config, Configuration};

#[micro::config(prefix = "bench")]
#[derive(Clone)]
pub struct Limits {
    #[config(default = 1000)]
    pub most: u32,
}

fn get(criterion: &mut Criterion) {
    let configuration = Configuration::new();
    let config: Config<Limits> = configuration.of().expect("its declaration is right");
    let by_hand = RwLock::new(Arc::new(Limits::default()));
    let (_, watched) = tokio::sync::watch::channel(Limits::default());

    let mut group = criterion.benchmark_group("settings");
    group.bench_function("get", |bencher| bencher.iter(|| black_box(config.get().most)));
    configuration.set("bench.most", 999).expect("a number");
    group.bench_function("get after a change", |bencher| bencher.iter(|| black_box(config.get().most)));
    group.bench_function("a lock and a clone by hand", |bencher| {
        bencher.iter(|| black_box(by_hand.read().expect("nobody panics").clone().most));
    });
    group.bench_function("tokio's watch", |bencher| bencher.iter(|| black_box(watched.borrow().most)));
    group.bench_function("untyped", |bencher| {
        bencher.iter(|| black_box(configuration.get::<u32>("bench.most").expect("a number")));
    });
    group.finish();
}

criterion_group!(benches, get);
criterion_main!(benches);
