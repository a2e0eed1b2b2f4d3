#[micro::message]
struct Page<T> {
    items: Vec<T>,
}

#[micro::message]
struct Borrowed<'a> {
    text: &'a str,
}

fn main() {}
