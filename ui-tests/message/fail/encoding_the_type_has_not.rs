#[micro::message]
struct Wrong {
    #[message(sint)]
    name: String,
    #[message(fixed)]
    small: u8,
    #[message(unpacked)]
    data: Vec<u8>,
    #[message(oneof(9))]
    number: u32,
}

fn main() {}
