#[micro::message]
enum Level {
    Low = 1 + 1,
    High = 7,
    Top = 7,
}

#[micro::message]
enum Nothing {}

fn main() {}
