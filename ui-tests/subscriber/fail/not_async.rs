use micro::Result;
use ui_tests::Greeted;

#[micro::subscriber]
fn audit(event: Greeted) -> Result<()> {
    drop(event);
    Ok(())
}

fn main() {}
