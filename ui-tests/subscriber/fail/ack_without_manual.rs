use micro::Result;
use micro::broker::Ack;
use ui_tests::Greeted;

#[derive(Clone)]
struct Store;

type Alias = Ack;

#[micro::subscriber]
async fn audit(event: Greeted, store: Store, ack: Alias) -> Result<()> {
    let _ = (event, store);
    ack.done().await
}

fn main() {}
