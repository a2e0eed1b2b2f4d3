#[micro::message]
#[derive(Debug)]
struct Point {
    x: u32,
}

#[derive(Debug, micro::Error)]
enum GreetError {
    #[error(code = OutOfRange, "{at} is too far away")]
    Far { at: Point },
    #[error(other)]
    Other(micro::Error),
}

fn main() {}
