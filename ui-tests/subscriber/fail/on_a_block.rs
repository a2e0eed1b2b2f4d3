use micro::Result;
use ui_tests::Greeted;

#[derive(Default)]
struct English;

#[micro::subscriber]
impl English {
    async fn greeted(&self, event: Greeted) -> Result<()> {
        drop(event);
        Ok(())
    }
}

fn main() {
    let _ = English.greeted(Greeted::default());
}
