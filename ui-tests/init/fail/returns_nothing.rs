struct English;

impl English {
    #[micro::init]
    async fn new() {}
}

fn main() {
    drop(English);
}
