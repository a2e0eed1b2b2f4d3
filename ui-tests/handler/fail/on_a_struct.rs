#[micro::handler]
#[derive(Default)]
struct English;

fn main() {
    let _ = English::default();
}
