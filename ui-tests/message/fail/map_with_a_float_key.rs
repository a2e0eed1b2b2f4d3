use std::collections::BTreeMap;

type Meters = f32;

#[micro::message]
struct Wrong {
    by_weight: BTreeMap<f64, String>,
    by_length: std::collections::HashMap<Meters, String>,
}

fn main() {}
