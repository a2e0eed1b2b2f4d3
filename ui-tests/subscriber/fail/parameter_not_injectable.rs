use micro::Result;
use ui_tests::Greeted;

struct NotClone;

#[micro::subscriber]
async fn audit(event: Greeted, store: NotClone) -> Result<()> {
    let _ = (event, store);
    Ok(())
}

fn main() {}
