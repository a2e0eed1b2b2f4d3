#[micro::subscriber]
struct Audit {
    file: String,
}

fn main() {
    let _ = Audit { file: String::new() }.file;
}
