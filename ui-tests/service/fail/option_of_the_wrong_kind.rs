use micro::Result;

#[micro::service(name = greeter, crate = "micro")]
trait Greeter {
    #[method(timeout = 2, idempotent = true, deprecated)]
    async fn hello(&self) -> Result<()>;
    #[method = "x"]
    async fn other(&self) -> Result<()>;
}

fn main() {}
