use micro::Result;
use ui_tests::Greeted;

#[micro::subscriber(ordered_by = event.nam)]
async fn audit(event: Greeted) -> Result<()> {
    drop(event);
    Ok(())
}

#[micro::subscriber(ordered_by = event.name)]
async fn ledger(greeted: Greeted) -> Result<()> {
    drop(greeted);
    Ok(())
}

fn main() {}
