#![deny(deprecated)]

use micro::Result;

#[micro::service]
trait Greeter {
    #[method(deprecated = "use `hello`")]
    async fn hi(&self) -> Result<()>;
    async fn hello(&self) -> Result<()>;
}

async fn call(greeter: GreeterClient) -> Result<()> {
    greeter.hello().await?;
    greeter.hi().await
}

fn main() {
    let _ = call;
}
