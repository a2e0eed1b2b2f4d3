#[micro::message(pakage = "shop")]
struct Order {
    #[message(tga = 1)]
    id: u64,
    #[message(snit)]
    delta: i32,
}

fn main() {
    // The type is still a message, so this is no further error.
    let _ = <Order as micro::message::Message>::decode(&[]);
}
