#[micro::config]
#[derive(Clone)]
enum Tone {
    Friendly,
    Formal,
}

#[micro::config]
struct Greeter {
    #[config(default)]
    tone: Tone,
}

fn main() {}
