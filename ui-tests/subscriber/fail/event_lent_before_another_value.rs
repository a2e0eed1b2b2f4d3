use micro::Result;
use ui_tests::Greeted;

#[derive(Clone)]
struct Store;

#[micro::subscriber]
async fn audit(greeted: &Greeted, store: Store) -> Result<()> {
    let _ = (&greeted.name, store);
    Ok(())
}

fn main() {}
