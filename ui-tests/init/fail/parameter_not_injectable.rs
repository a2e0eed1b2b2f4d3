use micro::Result;

struct NotClone;
struct English;

impl English {
    #[micro::init]
    async fn new(pool: NotClone) -> Result<Self> {
        drop(pool);
        Ok(English)
    }
}

fn main() {}
