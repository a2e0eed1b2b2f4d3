#[micro::service]
struct Greeter {
    name: String,
}

fn main() {
    let _ = Greeter { name: String::new() }.name;
}
