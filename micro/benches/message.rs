//! Encoding and decoding beside prost's derive, on a small message and one like an order.
//!
//! Criterion measures each; the ratios at the end come from rounds in which both take turns, so that whatever slows the
//! machine slows both.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use micro::message::{Message as _, json};
use prost::Message as _;

/// Declared for micro.
mod ours {
    use std::collections::BTreeMap;

    #[micro::message(package = "bench")]
    pub(crate) struct Small {
        pub(crate) name: String,
        pub(crate) n: u32,
    }

    #[micro::message(package = "bench")]
    pub(crate) struct Item {
        pub(crate) sku: String,
        pub(crate) count: u32,
        pub(crate) price: f64,
    }

    #[micro::message(package = "bench")]
    pub(crate) struct Address {
        pub(crate) street: String,
        pub(crate) city: String,
        pub(crate) zip: u32,
    }

    #[micro::message(package = "bench")]
    pub(crate) struct Order {
        pub(crate) id: u64,
        pub(crate) customer: String,
        pub(crate) paid: bool,
        pub(crate) total: f64,
        pub(crate) note: Option<String>,
        pub(crate) address: Option<Address>,
        pub(crate) items: Vec<Item>,
        pub(crate) tags: Vec<String>,
        pub(crate) codes: Vec<u32>,
        pub(crate) attributes: BTreeMap<String, String>,
        pub(crate) blob: Vec<u8>,
        pub(crate) created: i64,
        pub(crate) sequence: Option<u32>,
    }
}

/// Declared for prost.
mod theirs {
    use std::collections::BTreeMap;

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Small {
        #[prost(string, tag = 1)]
        pub(crate) name: String,
        #[prost(uint32, tag = 2)]
        pub(crate) n: u32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Item {
        #[prost(string, tag = 1)]
        pub(crate) sku: String,
        #[prost(uint32, tag = 2)]
        pub(crate) count: u32,
        #[prost(double, tag = 3)]
        pub(crate) price: f64,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Address {
        #[prost(string, tag = 1)]
        pub(crate) street: String,
        #[prost(string, tag = 2)]
        pub(crate) city: String,
        #[prost(uint32, tag = 3)]
        pub(crate) zip: u32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Order {
        #[prost(uint64, tag = 1)]
        pub(crate) id: u64,
        #[prost(string, tag = 2)]
        pub(crate) customer: String,
        #[prost(bool, tag = 3)]
        pub(crate) paid: bool,
        #[prost(double, tag = 4)]
        pub(crate) total: f64,
        #[prost(string, optional, tag = 5)]
        pub(crate) note: Option<String>,
        #[prost(message, optional, tag = 6)]
        pub(crate) address: Option<Address>,
        #[prost(message, repeated, tag = 7)]
        pub(crate) items: Vec<Item>,
        #[prost(string, repeated, tag = 8)]
        pub(crate) tags: Vec<String>,
        #[prost(uint32, repeated, tag = 9)]
        pub(crate) codes: Vec<u32>,
        #[prost(btree_map = "string, string", tag = 10)]
        pub(crate) attributes: BTreeMap<String, String>,
        #[prost(bytes = "vec", tag = 11)]
        pub(crate) blob: Vec<u8>,
        #[prost(int64, tag = 12)]
        pub(crate) created: i64,
        #[prost(uint32, optional, tag = 13)]
        pub(crate) sequence: Option<u32>,
    }
}

fn order() -> theirs::Order {
    theirs::Order {
        id: 981_273_981_273,
        customer: "Grace Hopper".into(),
        paid: true,
        total: 99.5,
        note: Some("leave at the door, please".into()),
        address: Some(theirs::Address { street: "1 Main Street".into(), city: "Arlington".into(), zip: 22_201 }),
        items: (0..10)
            .map(|i| theirs::Item { sku: format!("SKU-{i:05}"), count: i + 1, price: 1.25 * f64::from(i) })
            .collect(),
        tags: (0..5).map(|i| format!("tag{i}")).collect(),
        codes: (0..40).map(|i| i * 37).collect(),
        attributes: (0..6).map(|i| (format!("key{i}"), format!("value{i}"))).collect::<BTreeMap<_, _>>(),
        blob: vec![7; 256],
        created: 1_700_000_000_000,
        sequence: Some(12),
    }
}

/// One thing done by both.
struct Pair<'p> {
    name: &'static str,
    ours: Box<dyn FnMut() + 'p>,
    theirs: Box<dyn FnMut() + 'p>,
}

impl<'p> Pair<'p> {
    fn new(name: &'static str, ours: impl FnMut() + 'p, theirs: impl FnMut() + 'p) -> Self {
        Pair { name, ours: Box::new(ours), theirs: Box::new(theirs) }
    }

    fn measure(&mut self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(self.name);
        group.bench_function("ours", |bencher| bencher.iter(|| (self.ours)()));
        group.bench_function("prost", |bencher| bencher.iter(|| (self.theirs)()));
        group.finish();
    }

    /// The middle of the ratios of many short rounds; lower is better for us.
    fn ratio(&mut self) -> f64 {
        let mut ratios: Vec<f64> = (0..101).map(|_| time(&mut self.ours) / time(&mut self.theirs)).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
}

fn time(work: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..2_000 {
        work();
    }
    start.elapsed().as_secs_f64()
}

fn main() {
    let (small, their_small) =
        (ours::Small { name: "Ada Lovelace".into(), n: 300 }, theirs::Small { name: "Ada Lovelace".into(), n: 300 });
    let small_bytes = small.encode_to_vec();
    assert_eq!(small_bytes, their_small.encode_to_vec());
    let their_order = order();
    let order_bytes = their_order.encode_to_vec();
    let order = ours::Order::decode(&order_bytes).expect("their bytes");
    assert_eq!(order.encode_to_vec(), order_bytes);
    let order_json = json::to_vec(&order).expect("an order has its place in JSON");

    let [mut out_1, mut out_2, mut out_3, mut out_4] = [const { Vec::new() }; 4];
    let mut pairs = [
        Pair::new(
            "small, encode",
            || drop(black_box(black_box(&small).encode_to_vec())),
            || {
                drop(black_box(black_box(&their_small).encode_to_vec()));
            },
        ),
        Pair::new(
            "small, encode into a reused vector",
            || {
                out_1.clear();
                black_box(&small).encode(black_box(&mut out_1));
            },
            || {
                out_2.clear();
                black_box(&their_small).encode(black_box(&mut out_2)).expect("a vector grows");
            },
        ),
        Pair::new(
            "small, decode",
            || drop(black_box(ours::Small::decode(black_box(&small_bytes)))),
            || drop(black_box(theirs::Small::decode(black_box(&small_bytes[..])))),
        ),
        Pair::new(
            "order, encode",
            || drop(black_box(black_box(&order).encode_to_vec())),
            || {
                drop(black_box(black_box(&their_order).encode_to_vec()));
            },
        ),
        Pair::new(
            "order, encode into a reused vector",
            || {
                out_3.clear();
                black_box(&order).encode(black_box(&mut out_3));
            },
            || {
                out_4.clear();
                black_box(&their_order).encode(black_box(&mut out_4)).expect("a vector grows");
            },
        ),
        Pair::new(
            "order, decode",
            || drop(black_box(ours::Order::decode(black_box(&order_bytes)))),
            || drop(black_box(theirs::Order::decode(black_box(&order_bytes[..])))),
        ),
    ];

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for pair in &mut pairs {
        pair.measure(&mut criterion);
    }
    criterion.bench_function("order, JSON, write", |bencher| bencher.iter(|| json::to_vec(black_box(&order))));
    criterion.bench_function("order, JSON, read", |bencher| {
        bencher.iter(|| json::from_slice::<ours::Order>(black_box(&order_json)));
    });
    criterion.final_summary();

    println!("time of ours divided by that of prost:");
    for pair in &mut pairs {
        let ratio = pair.ratio();
        println!("{:40} {ratio:.2}", pair.name);
    }
}
