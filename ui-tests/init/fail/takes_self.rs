use micro::Result;

struct English;

impl English {
    #[micro::init]
    async fn new(&self) -> Result<Self> {
        Ok(English)
    }
}

fn main() {}
