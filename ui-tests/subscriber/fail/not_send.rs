use micro::Result;
use ui_tests::Greeted;

#[micro::subscriber]
async fn audit(event: Greeted) -> Result<()> {
    let name = std::rc::Rc::new(event.name);
    std::future::ready(()).await;
    drop(name);
    Ok(())
}

#[derive(Default)]
struct English;

#[micro::handler]
impl English {
    #[subscriber]
    async fn greeted(&self, event: Greeted) -> Result<()> {
        let name = std::rc::Rc::new(event.name);
        std::future::ready(()).await;
        drop(name);
        Ok(())
    }
}

fn main() {}
