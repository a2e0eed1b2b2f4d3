use micro::{Context, Result};
use ui_tests::Greeted;

#[derive(Clone)]
struct Store;

#[micro::subscriber]
async fn first(event: &Greeted, store: Store) -> Result<()> {
    let _ = (&event.name, store);
    Ok(())
}

#[micro::subscriber]
async fn second(ctx: &Context, greeted: &Greeted) -> Result<()> {
    let _ = (&greeted.name, ctx.deadline());
    Ok(())
}

#[micro::subscriber(topic = "names")]
async fn third(name: &str) -> Result<()> {
    let _ = name;
    Ok(())
}

fn main() {}
