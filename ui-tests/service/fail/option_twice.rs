use micro::Result;

#[micro::service(name = "a", name = "b")]
trait Greeter {
    #[method(timeout = "2s")]
    #[method(timeout = "3s")]
    async fn hello(&self) -> Result<()>;
}

fn main() {}
