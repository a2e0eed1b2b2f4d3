#[derive(Debug)]
struct Point;

#[derive(Debug, micro::Error)]
enum GreetError {
    #[error(code = OutOfRange, "too far away")]
    Far { at: Point },
    #[error(code = OutOfRange, "too far away: {steps}")]
    Further { steps: usize },
    #[error(other)]
    Other(micro::Error),
}

fn main() {}
