#[micro::init(creat = x)]
struct English;

fn main() {
    drop(English);
}
