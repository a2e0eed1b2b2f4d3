#[micro::config(prefix = "greeter")]
struct Greeter<T> {
    value: T,
}

fn main() {}
