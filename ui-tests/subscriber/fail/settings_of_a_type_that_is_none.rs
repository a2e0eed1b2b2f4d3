use micro::Result;
use ui_tests::Greeted;

#[derive(Clone)]
struct Store;

#[micro::subscriber]
async fn audit(event: Greeted, store: &Store) -> Result<()> {
    let _ = (event, store);
    Ok(())
}

fn main() {}
