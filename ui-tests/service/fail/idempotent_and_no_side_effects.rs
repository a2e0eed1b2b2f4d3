use micro::Result;

#[micro::service]
trait Greeter {
    #[method(idempotent, no_side_effects)]
    async fn hello(&self) -> Result<()>;
}

fn main() {}
