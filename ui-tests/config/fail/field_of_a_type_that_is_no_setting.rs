struct Foreign;

#[micro::config(prefix = "greeter")]
struct Greeter {
    foreign: Foreign,
    #[config(default)]
    several: Vec<Foreign>,
}

fn main() {}
