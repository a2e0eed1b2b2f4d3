use micro::Result;
use ui_tests::Greeted;

#[micro::service]
trait Greeter {
    #[subscriber]
    async fn greeted(&self, event: Greeted) -> Result<()>;
}

struct English;

#[micro::handler(manual)]
impl Greeter for English {
    #[subscriber]
    async fn greeted(&self, event: Greeted) -> Result<()> {
        drop(event);
        Ok(())
    }
}

fn main() {}
