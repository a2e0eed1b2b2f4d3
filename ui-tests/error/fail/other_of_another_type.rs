#[derive(Debug, micro::Error)]
enum GreetError {
    #[error(code = NotFound, "no such person")]
    Nobody,
    #[error(other)]
    Other(std::io::Error),
}

fn main() {}
