#[derive(micro::Error)]
enum GreetError {
    #[error(code = NotFound, "no such person")]
    Nobody,
    #[error(other)]
    Other(micro::Error),
}

fn main() {}
