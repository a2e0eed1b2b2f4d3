use micro::{Context, Result};

#[micro::subscriber(topic = "orders.placed")]
async fn placed(ctx: &Context) -> Result<()> {
    let _ = ctx.deadline();
    Ok(())
}

#[derive(Default)]
struct English;

#[micro::handler]
impl English {
    #[subscriber(topic = "orders.placed")]
    async fn placed(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
