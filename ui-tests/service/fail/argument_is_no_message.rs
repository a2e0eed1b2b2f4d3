use micro::Result;

struct Plain;

#[micro::service]
trait Greeter {
    async fn hello(&self, req: Plain) -> Result<()>;
}

fn main() {}
