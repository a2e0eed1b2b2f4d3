use micro::{Context, Result};

struct English;

impl English {
    #[micro::init]
    async fn new<T>(name: &str, ctx: &Context, clock: impl Fn(), other: T) -> Result<Self> {
        let _ = (name, ctx, clock, other);
        Ok(English)
    }
}

fn main() {}
