use micro::Result;
use ui_tests::Greeted;

#[derive(Default)]
struct Users;

#[micro::service]
impl Users {
    #[subscriber]
    async fn greeted(&self, event: Greeted) -> Result<()> {
        drop(event);
        Ok(())
    }
}

fn main() {}
