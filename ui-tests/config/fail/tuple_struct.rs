#[micro::config(prefix = "greeter")]
struct Greeter(String);

#[micro::config]
struct Unit;

fn main() {}
