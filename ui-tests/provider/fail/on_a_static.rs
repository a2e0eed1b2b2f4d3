#[micro::provider]
static POOL: u8 = 1;

fn main() {
    let _ = POOL;
}
