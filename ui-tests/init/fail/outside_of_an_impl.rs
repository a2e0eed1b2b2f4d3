use micro::Result;

struct English;

#[micro::init]
fn new() -> Result<English> {
    Ok(English)
}

fn main() {}
