#[micro::config(prefix = "micro.greeter")]
struct Greeter {}

#[micro::config(prefix = "Acme-Greeter")]
struct Other {}

fn main() {}
