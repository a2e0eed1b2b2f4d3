#[micro::message]
enum Paid {
    Cash(u32),
    Card(String),
}

#[micro::message]
struct Order {
    #[message(tag = 1)]
    card: String,
    #[message(oneof(2, 3))]
    paid: Option<Paid>,
}

fn main() {}
