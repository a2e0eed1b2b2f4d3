use std::time::Duration;

#[micro::config(prefix = "greeter")]
struct Greeter {
    #[config(default = 70_000)]
    port: u16,
    #[config(default = "2 weeks")]
    patience: Duration,
    #[config(default = true)]
    salutation: Option<String>,
}

fn main() {}
