use micro::Result;

struct Pool;

impl Pool {
    #[micro::provider]
    async fn pool(&self) -> Result<Self> {
        Ok(Pool)
    }
}

fn main() {}
