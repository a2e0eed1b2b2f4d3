use micro::Result;

struct English;

impl English {
    #[micro::init]
    fn new() -> Result<Self> {
        Ok(English)
    }

    #[micro::init]
    fn other() -> Result<Self> {
        Ok(English)
    }
}

fn main() {}
