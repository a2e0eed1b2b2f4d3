use micro::{Context, Result};
use ui_tests::Greeted;

#[micro::subscriber(queue = "audit")]
async fn audit(event: Greeted, ctx: &Context) -> Result<()> {
    let _ = ctx.deadline();
    event.
}

fn main() {
    let _ = micro::app().subscribe(audit);
}
