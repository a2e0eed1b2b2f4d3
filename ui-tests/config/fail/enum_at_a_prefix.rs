#[micro::config(prefix = "tone")]
enum Tone {
    Friendly,
}

#[micro::config]
enum Nothing {}

fn main() {}
