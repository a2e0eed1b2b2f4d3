#[derive(Debug, micro::Error)]
#[error(code = NotFound, "no such person")]
struct Nobody {
    id: u64,
}

fn main() {}
