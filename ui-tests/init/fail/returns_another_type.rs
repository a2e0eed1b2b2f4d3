struct English;

impl English {
    #[micro::init]
    async fn new() -> micro::Result<String> {
        Ok(String::new())
    }
}

fn main() {
    drop(English);
}
