#[micro::config]
enum Tone {
    Friendly,
    Other(String),
    Named { name: String },
}

#[micro::config]
struct Greeter {
    tone: Tone,
}

fn main() {}
