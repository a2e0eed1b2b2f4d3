#[micro::message]
struct Point(u32, u32);

#[micro::message]
fn not_a_type() {}

fn main() {}
