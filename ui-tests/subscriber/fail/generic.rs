use micro::Result;

#[micro::subscriber(topic = "orders.*")]
async fn audit<E: Send>(event: E) -> Result<()> {
    drop(event);
    Ok(())
}

#[derive(Default)]
struct English<T>(T);

#[micro::handler]
impl<T: Default> English<T> {
    #[subscriber]
    async fn greeted(&self, event: ui_tests::Greeted) -> Result<()> {
        let _ = (event, &self.0);
        Ok(())
    }
}

fn main() {}
