#[micro::config(prefix = "greeter")]
#[derive(Clone, Default)]
struct Greeter {
    #[config(default = "Hello")]
    salutation: String,
}

fn main() {
    let _ = Greeter::default();
}
