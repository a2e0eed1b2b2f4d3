use micro::Result;

#[micro::service]
trait Greeter {
    async fn get_user(&self) -> Result<()>;
    #[method(name = "GetUser")]
    async fn fetch(&self) -> Result<()>;
}

fn main() {}
