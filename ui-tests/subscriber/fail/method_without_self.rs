use micro::Result;
use ui_tests::Greeted;

#[derive(Default)]
struct English;

#[micro::handler]
impl English {
    #[subscriber]
    async fn greeted(event: Greeted) -> Result<()> {
        drop(event);
        Ok(())
    }

    #[subscriber]
    async fn changed(&mut self, event: Greeted) -> Result<()> {
        drop(event);
        Ok(())
    }
}

fn main() {
    let _ = English::greeted(Greeted::default());
}
