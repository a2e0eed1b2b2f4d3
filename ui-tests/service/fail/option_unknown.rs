use micro::Result;

#[micro::service(nmae = "greeter")]
trait Greeter {
    #[method(timout = "2s", retry)]
    async fn hello(&self) -> Result<()>;
}

fn main() {
    let _: Option<GreeterClient> = None;
}
