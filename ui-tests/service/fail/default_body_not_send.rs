use micro::Result;

use std::rc::Rc;

#[micro::service]
trait Greeter {
    async fn hello(&self) -> Result<()> {
        let name = Rc::new("Ada");
        std::future::ready(()).await;
        drop(name);
        Ok(())
    }
}

fn main() {}
