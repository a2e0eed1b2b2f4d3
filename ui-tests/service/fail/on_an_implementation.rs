use micro::Result;

#[micro::service]
trait Greeter {
    async fn hello(&self) -> Result<()>;
}

struct English;

#[micro::service]
impl Greeter for English {
    async fn hello(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
