use micro::Result;
use ui_tests::Greeted;

#[derive(Clone)]
struct Store;

#[micro::subscriber(ack = "manual")]
async fn with_something_else(event: Greeted, store: Store) -> Result<()> {
    let _ = (event, store);
    Ok(())
}

#[micro::subscriber(ack = "manual")]
async fn with_nothing(event: Greeted) -> Result<()> {
    let _ = event;
    Ok(())
}

fn main() {}
