use micro::Result;

#[micro::service(name = "My Greeter")]
trait Greeter {
    #[method(name = "get-user")]
    async fn get_user(&self) -> Result<()>;
}

fn main() {}
