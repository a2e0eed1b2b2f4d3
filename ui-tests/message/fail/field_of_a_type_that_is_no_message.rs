struct Money {
    cents: u64,
}

#[micro::message]
struct Order {
    price: Money,
    discounts: Vec<Money>,
}

fn main() {}
