use micro::Result;
use micro::broker::Publisher;
use ui_tests::{Greeted, HelloRequest};

#[micro::subscriber]
async fn audit(event: Greeted, publisher: Publisher<HelloRequest>) -> Result<()> {
    let _ = (event, publisher);
    Ok(())
}

fn main() {}
