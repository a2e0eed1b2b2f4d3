use std::time::Duration;

const PATIENCE: u64 = 2;

#[micro::config(prefix = "greeter")]
struct Greeter {
    #[config(default = PATIENCE)]
    patience: Duration,
    #[config(default = vec!["a"])]
    names: Vec<String>,
    #[config(default = 30u64)]
    most: u16,
}

fn main() {}
