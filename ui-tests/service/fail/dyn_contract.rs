use micro::Result;

#[micro::service]
trait Greeter {
    async fn hello(&self) -> Result<()>;
}

async fn greet(greeter: &dyn Greeter) -> Result<()> {
    greeter.hello().await
}

fn main() {
    let _ = greet;
}
