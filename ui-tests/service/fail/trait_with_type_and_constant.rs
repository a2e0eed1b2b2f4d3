use micro::Result;

#[micro::service]
trait Greeter {
    type Reply;
    const LIMIT: usize;
    async fn hello(&self) -> Result<()>;
}

fn main() {}
