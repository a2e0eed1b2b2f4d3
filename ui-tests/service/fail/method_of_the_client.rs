use micro::Result;

#[micro::service]
trait Greeter {
    async fn of(&self) -> Result<()>;
    async fn named(&self) -> Result<()>;
    async fn at(&self) -> Result<()>;
    async fn with(&self) -> Result<()>;
}

fn main() {}
