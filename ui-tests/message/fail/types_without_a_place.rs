use std::collections::HashMap;

#[micro::message]
struct Wrong {
    size: usize,
    letter: char,
    pair: (u32, u32),
    text: &'static str,
    twice: Option<Option<u32>>,
    holes: Vec<Option<u32>>,
    matrix: Vec<Vec<f64>>,
    groups: HashMap<String, Vec<u32>>,
}

fn main() {}
