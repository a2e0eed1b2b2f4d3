#[micro::message]
enum Either {
    Left(u32),
    Right(String),
}

#[micro::message]
struct Wrong {
    #[message(oneof(1))]
    either: Either,
}

fn main() {}
