use micro::Result;

#[micro::service]
trait Greeter<T> {
    async fn hello(&self) -> Result<T>;
}

fn main() {
    let _: Option<GreeterClient> = None;
}
