struct English;

impl English {
    #[micro::init]
    async fn new() -> Option<Self> {
        Some(English)
    }
}

fn main() {}
