use micro::Result;

struct English;

#[micro::init]
fn english() -> Result<English> {
    Ok(English)
}

fn main() {}
