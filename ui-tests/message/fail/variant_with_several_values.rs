#[micro::message]
enum Shape {
    Circle { radius: f64 },
    Rectangle(f64, f64),
    Points(Vec<u32>),
}

fn main() {}
