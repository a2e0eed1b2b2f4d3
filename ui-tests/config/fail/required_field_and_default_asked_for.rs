#[micro::config(prefix = "greeter")]
struct Greeter {
    #[config(default = "Hello")]
    salutation: String,
    most: u32,
}

fn main() {
    let _ = Greeter::default();
}
