#[micro::message]
enum Shape {
    Circle { radius: usize },
    Rectangle(f64, f64),
    Points(Vec<u32>),
}

fn main() {}
