use micro::Result;
use ui_tests::Greeted;

struct English;

impl English {
    #[micro::subscriber]
    async fn greeted(&self, event: Greeted) -> Result<()> {
        drop(event);
        Ok(())
    }
}

fn main() {
    let _ = English.greeted(Greeted::default());
}
