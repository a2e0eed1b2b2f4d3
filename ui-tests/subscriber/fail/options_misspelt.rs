use micro::Result;
use ui_tests::Greeted;

#[micro::subscriber(topics = "orders.*", retry(tries = 5), orderd_by, dead_letters = "orders.failed")]
async fn audit(event: Greeted) -> Result<()> {
    drop(event);
    Ok(())
}

#[derive(Default)]
struct English;

#[micro::handler]
impl English {
    #[subscriber(quue = "audit", manual)]
    async fn greeted(&self, event: Greeted) -> Result<()> {
        drop(event);
        Ok(())
    }
}

fn main() {}
