#[micro::message(reserved(4, "old"))]
struct Order {
    #[message(tag = 1)]
    id: u64,
    note: String,
    #[message(tag = 1)]
    again: u32,
    #[message(tag = 4)]
    old: u32,
}

fn main() {}
