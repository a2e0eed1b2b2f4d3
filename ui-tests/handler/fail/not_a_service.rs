trait Plain {
    fn hello(&self);
}

#[derive(Default)]
struct English;

#[micro::handler]
impl Plain for English {
    fn hello(&self) {}
}

fn main() {}
