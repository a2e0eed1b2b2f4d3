struct English;

impl English {
    #[micro::init]
    fn new() -> Self {
        English
    }
}

fn main() {
    English::new();
}
