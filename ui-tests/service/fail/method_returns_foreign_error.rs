#[micro::service]
trait Greeter {
    async fn hello(&self) -> Result<(), std::fmt::Error>;
}

fn main() {}
