use micro::Result;

#[micro::service]
trait Greeter {
    #[method(timeout = "2")]
    async fn a(&self) -> Result<()>;
    #[method(timeout = "2 seconds")]
    async fn b(&self) -> Result<()>;
    #[method(timeout = "0s")]
    async fn c(&self) -> Result<()>;
    #[method(timeout = "soon")]
    async fn d(&self) -> Result<()>;
}

fn main() {}
