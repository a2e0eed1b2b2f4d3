#[derive(Debug, micro::Error)]
enum GreetError {
    #[error(code = NotFound, "no such person")]
    Nobody,
}

#[micro::service]
trait Greeter {
    async fn hello(&self) -> Result<(), GreetError>;
}

fn main() {}
