use micro::{Context, Result};
use ui_tests::Greeted;

#[micro::subscriber]
async fn changed(event: Greeted, ctx: &mut Context) -> Result<()> {
    let _ = (event, ctx);
    Ok(())
}

#[micro::subscriber]
async fn owned(event: Greeted, ctx: Context) -> Result<()> {
    let _ = (event, ctx);
    Ok(())
}

fn main() {}
