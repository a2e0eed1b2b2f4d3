use micro::Result;

#[micro::service]
unsafe trait Greeter {
    async fn hello(&self) -> Result<()>;
}

fn main() {}
