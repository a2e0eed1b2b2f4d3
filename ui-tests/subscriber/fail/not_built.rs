use micro::Result;
use ui_tests::Greeted;

struct English;

#[micro::handler]
impl English {
    #[subscriber]
    async fn greeted(&self, event: Greeted) -> Result<()> {
        drop(event);
        Ok(())
    }
}

fn main() {}
