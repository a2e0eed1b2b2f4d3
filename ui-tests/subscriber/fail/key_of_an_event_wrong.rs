#[micro::event(topic = "orders.placed", key = ordr)]
struct Placed {
    order: u64,
}

#[micro::event(topic = "orders.paid", key = order)]
struct Paid {
    order: Option<String>,
}

fn main() {}
