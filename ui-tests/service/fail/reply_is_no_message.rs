use micro::Result;

struct Plain;

#[micro::service]
trait Greeter {
    async fn hello(&self) -> Result<Plain>;
}

fn main() {}
